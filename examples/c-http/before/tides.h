#ifndef TIDES_H
#define TIDES_H

#include <stddef.h>

/* All of these return whether they succeeded. */
int open_tides(const char *path);
int add_tide(const char *text);
int list_tides(char *out, size_t size);

#endif
