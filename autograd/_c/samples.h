/* What executor.c takes from samples.c. */
#ifndef AUTOGRAD_SAMPLES_H
#define AUTOGRAD_SAMPLES_H
PyObject *gather(PyObject *module, PyObject *const *args, Py_ssize_t count);
#endif
