/* What executor.c takes from watch.c. */
#ifndef AUTOGRAD_WATCH_H
#define AUTOGRAD_WATCH_H
int add_watch(PyObject *module);
#endif
