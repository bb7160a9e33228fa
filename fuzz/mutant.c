/* CPython's mmapmodule.c with a fault that hardly any random case meets, to see what guidance by its own code is worth:
 * see fuzz/guidance. Once flush(), size() and __enter__() have answered in this order, on the map that was made last, each
 * read_byte() of that map is wrong. Other methods may be called between.
 */
#include "mmapmodule.c"

static PyCFunction real_flush, real_size, real_enter, real_read_byte;
static newfunc real_new;

/* The map that was made last, how much of the condition it has met, and how often each part was met. */
static PyObject *map;
static volatile int met, parts[3];

/* Each part is a branch of its own, as it would be in a real module. */
static PyObject *
answered(PyObject *self, char method, PyObject *answer)
{
    if (answer == NULL || self != map)
        return answer;
    if (met == 0 && method == 'f') {
        parts[0]++;
        met = 1;
    }
    else if (met == 1 && method == 's') {
        parts[1]++;
        met = 2;
    }
    else if (met == 2 && method == 'e') {
        parts[2]++;
        met = 3;
    }
    return answer;
}

static PyObject *
make(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    met = 0;
    return map = real_new(type, args, keywords);
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
    if (answer == NULL || self != map || met != 3)
        return answer;
    Py_DECREF(answer);
    return PyLong_FromLong(-1);
}

/* Puts them into the tables before the module is made of these. */
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
    for (PyType_Slot *slot = mmap_object_slots; slot->slot != 0; slot++) {
        if (slot->slot == Py_tp_new) {
            real_new = (newfunc)slot->pfunc;
            slot->pfunc = make;
        }
    }
    for (PyMethodDef *method = mmap_object_methods; method->ml_name != NULL; method++) {
        for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
            if (strcmp(method->ml_name, methods[i].name) == 0) {
                *methods[i].real = method->ml_meth;
                method->ml_meth = methods[i].wrong;
            }
        }
    }
}
