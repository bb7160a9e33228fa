/* CPython's mmapmodule.c with a fault that hardly any random case meets, to see what guidance by its own code is worth:
 * see fuzz/guidance. Once flush(), size(), __enter__() and size() have answered in this order, on the same map and with none
 * of the three between, the next read_byte() of that map is wrong. Other methods may be called between.
 */
#include "mmapmodule.c"

static PyCFunction real_flush, real_size, real_enter, real_read_byte;

/* The map that has met a part of the condition, how much of it, and how often each part was met. */
static PyObject *map;
static volatile int met, parts[4];

/* Each part is a branch of its own, as it would be in a real module. */
static PyObject *
answered(PyObject *self, char method, PyObject *answer)
{
    int before = self == map ? met : 0;
    map = self;
    met = 0;
    if (answer == NULL)
        return answer;
    if (before == 0 && method == 'f') {
        parts[0]++;
        met = 1;
    }
    else if (before == 1 && method == 's') {
        parts[1]++;
        met = 2;
    }
    else if (before == 2 && method == 'e') {
        parts[2]++;
        met = 3;
    }
    else if (before == 3 && method == 's') {
        parts[3]++;
        met = 4;
    }
    return answer;
}

static PyObject *
flush(PyObject *self, PyObject *args)
{
    return answered(self, 'f', real_flush(self, args));
}

static PyObject *
size(PyObject *self, PyObject *args)
{
    return answered(self, 's', real_size(self, args));
}

static PyObject *
enter(PyObject *self, PyObject *args)
{
    return answered(self, 'e', real_enter(self, args));
}

static PyObject *
read_byte(PyObject *self, PyObject *args)
{
    PyObject *answer = real_read_byte(self, args);
    if (answer == NULL || self != map || met != 4)
        return answer;
    Py_DECREF(answer);
    return PyLong_FromLong(-1);
}

/* Puts the methods into the table before the module is made of it. */
__attribute__((constructor)) static void
sabotage(void)
{
    static const struct {
        const char *name;
        PyCFunction *real, wrong;
    } methods[] = {
        {"flush", &real_flush, flush},
        {"size", &real_size, size},
        {"__enter__", &real_enter, enter},
        {"read_byte", &real_read_byte, read_byte},
    };
    for (PyMethodDef *method = mmap_object_methods; method->ml_name != NULL; method++) {
        for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
            if (strcmp(method->ml_name, methods[i].name) == 0) {
                *methods[i].real = method->ml_meth;
                method->ml_meth = methods[i].wrong;
            }
        }
    }
}
