/* Classes derived from mmap.mmap. One C function of each class breaks the rule of the C API on results: a `silent_` one
   returns a failure and sets no exception, a `loud_` one returns a success and sets an exception. `null_buffer` exports nine
   bytes at the address NULL. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static void leave_exception(void) { PyErr_SetString(PyExc_ValueError, "left behind"); }

static PyObject *loud(PyObject *result)
{
    leave_exception();
    return result;
}

static PyObject *silent_object(PyObject *self) { return NULL; }
static PyObject *silent_with_one(PyObject *self, PyObject *other) { return NULL; }
static PyObject *silent_compare(PyObject *self, PyObject *other, int how) { return NULL; }
static PyObject *silent_get(PyObject *self, void *closure) { return NULL; }
static int silent_assign(PyObject *self, PyObject *key, PyObject *value) { return -1; }
static Py_ssize_t silent_length(PyObject *self) { return -1; }
static int silent_contains(PyObject *self, PyObject *item) { return -1; }
static Py_hash_t silent_hash(PyObject *self) { return -1; }
static int null_buffer(PyObject *self, Py_buffer *view, int flags) { return PyBuffer_FillInfo(view, self, NULL, 9, 0, flags); }
static int silent_buffer(PyObject *self, Py_buffer *view, int flags) { return -1; }

static PyObject *loud_item(PyObject *self, PyObject *key) { return loud(PyLong_FromLong(0)); }
static PyObject *loud_iter(PyObject *self) { return loud(PySeqIter_New(self)); }
static PyObject *loud_next(PyObject *self) { return loud(PyBytes_FromStringAndSize("", 1)); }
static PyObject *loud_compare(PyObject *self, PyObject *other, int how) { return loud(PyBool_FromLong(self == other)); }
static PyObject *loud_flush(PyObject *self, PyObject *none) { return loud(Py_NewRef(Py_None)); }
static PyObject *loud_get(PyObject *self, void *closure) { return loud(PyBool_FromLong(0)); }
static int loud_assign(PyObject *self, PyObject *key, PyObject *value) { leave_exception(); return 0; }
static Py_ssize_t loud_length(PyObject *self) { leave_exception(); return 9; }
static int loud_contains(PyObject *self, PyObject *item) { leave_exception(); return 0; }
static void loud_finalize(PyObject *self) { leave_exception(); }

static int loud_buffer(PyObject *self, Py_buffer *view, int flags)
{
    static char bytes[9];
    int result = PyBuffer_FillInfo(view, self, bytes, sizeof bytes, 0, flags);
    leave_exception();
    return result;
}

static PyMethodDef silent_methods[] = {{"flush", silent_with_one, METH_NOARGS, NULL}, {NULL}};
static PyMethodDef loud_methods[] = {{"flush", loud_flush, METH_NOARGS, NULL}, {NULL}};
static PyGetSetDef silent_members[] = {{"closed", silent_get, NULL, NULL, NULL}, {NULL}};
static PyGetSetDef loud_members[] = {{"closed", loud_get, NULL, NULL, NULL}, {NULL}};

struct class {
    const char *name;
    PyType_Slot slots[3];
};

static struct class classes[] = {
    {"silent_item", {{Py_mp_subscript, silent_with_one}}},
    {"loud_item", {{Py_mp_subscript, loud_item}}},
    {"silent_assign", {{Py_mp_ass_subscript, silent_assign}}},
    {"loud_assign", {{Py_mp_ass_subscript, loud_assign}}},
    {"silent_length", {{Py_sq_length, silent_length}, {Py_mp_length, silent_length}}},
    {"loud_length", {{Py_sq_length, loud_length}, {Py_mp_length, loud_length}}},
    {"silent_contains", {{Py_sq_contains, silent_contains}}},
    {"loud_contains", {{Py_sq_contains, loud_contains}}},
    {"silent_iter", {{Py_tp_iter, silent_object}}},
    {"loud_iter", {{Py_tp_iter, loud_iter}}},
    {"loud_next", {{Py_tp_iter, PyObject_SelfIter}, {Py_tp_iternext, loud_next}}},
    {"null_buffer", {{Py_bf_getbuffer, null_buffer}}},
    {"silent_buffer", {{Py_bf_getbuffer, silent_buffer}}},
    {"loud_buffer", {{Py_bf_getbuffer, loud_buffer}}},
    {"silent_compare", {{Py_tp_richcompare, silent_compare}, {Py_tp_hash, PyObject_HashNotImplemented}}},
    {"loud_compare", {{Py_tp_richcompare, loud_compare}, {Py_tp_hash, PyObject_HashNotImplemented}}},
    {"silent_hash", {{Py_tp_hash, silent_hash}}},
    {"silent_repr", {{Py_tp_repr, silent_object}}},
    {"silent_method", {{Py_tp_methods, silent_methods}}},
    {"loud_method", {{Py_tp_methods, loud_methods}}},
    {"silent_get", {{Py_tp_getset, silent_members}}},
    {"loud_get", {{Py_tp_getset, loud_members}}},
    {"loud_finalize", {{Py_tp_finalize, loud_finalize}}},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "wrong_results", NULL, -1, NULL};

PyMODINIT_FUNC PyInit_wrong_results(void)
{
    PyObject *module = PyModule_Create(&definition);
    PyObject *real = PyImport_ImportModule("mmap");
    PyObject *base = real ? PyObject_GetAttrString(real, "mmap") : NULL;
    PyObject *bases = base ? PyTuple_Pack(1, base) : NULL;
    for (size_t i = 0; bases && i < sizeof classes / sizeof *classes; i++) {
        PyType_Spec spec = {classes[i].name, 0, 0, Py_TPFLAGS_DEFAULT, classes[i].slots};
        PyObject *made = PyType_FromSpecWithBases(&spec, bases);
        if (!made || PyModule_AddObject(module, classes[i].name, made) < 0)
            return NULL;
    }
    return bases ? module : NULL;
}
