/* Preloaded into a process of mug by faults.rs: counts the calls that change files below a folder, and at one of them ends
   the process, tears the write, or lets the call fail once.

   MUG_FAULT_ROOT   the folder
   MUG_FAULT_AT     number of the call, from 1; 0: none
   MUG_FAULT_KIND   kill: the process ends before the call; tear: a write is done by half, then the process ends;
                    error: the call fails with EIO
   MUG_FAULT_COUNT  a file that the number of calls is written to when the process ends by itself */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static int below_root(const char *path) {
    const char *root = variable("MUG_FAULT_ROOT");
    return *root && path && strncmp(path, root, strlen(root)) == 0;
}

static int fd_below_root(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return below_root(path);
}

static int at_below_root(int folder, const char *path) {
    return path && (path[0] == '/' || folder == AT_FDCWD ? below_root(path) : fd_below_root(folder));
}

/* True where this call is to fail; does not return where the process is to end. */
static int fault(void) {
    if (atomic_fetch_add(&calls, 1) + 1 != atol(variable("MUG_FAULT_AT"))) return 0;
    if (strcmp(variable("MUG_FAULT_KIND"), "error") == 0) {
        errno = EIO;
        return 1;
    }
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

__attribute__((destructor)) static void count(void) {
    const char *path = variable("MUG_FAULT_COUNT");
    FILE *file = *path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", atomic_load(&calls));
    fclose(file);
}

#define REAL(type, name, ...)                                        \
    static type (*real)(__VA_ARGS__);                                \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                   \
    int name(const char *path, int flags, ...) {                     \
        REAL(int, name, const char *, int, ...);                     \
        va_list rest;                                                \
        va_start(rest, flags);                                       \
        mode_t mode = va_arg(rest, mode_t);                          \
        va_end(rest);                                                \
        if ((flags & O_CREAT) && below_root(path) && fault()) return -1; \
        return real(path, flags, mode);                              \
    }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (fd > 2 && fd_below_root(fd)) {
        int torn = strcmp(variable("MUG_FAULT_KIND"), "tear") == 0;
        if (torn && atomic_load(&calls) + 1 == atol(variable("MUG_FAULT_AT")) && length > 1) real(fd, bytes, length / 2);
        if (fault()) return -1;
    }
    return real(fd, bytes, length);
}

#define ON_FD(name)                                                  \
    int name(int fd) {                                               \
        REAL(int, name, int);                                        \
        return fd_below_root(fd) && fault() ? -1 : real(fd);         \
    }
ON_FD(fsync)
ON_FD(fdatasync)

#define ON_PATH(name)                                                \
    int name(const char *path) {                                     \
        REAL(int, name, const char *);                               \
        return below_root(path) && fault() ? -1 : real(path);        \
    }
ON_PATH(unlink)
ON_PATH(rmdir)

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    return below_root(path) && fault() ? -1 : real(path, mode);
}

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    return below_root(to) && fault() ? -1 : real(from, to);
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    return at_below_root(folder, path) && fault() ? -1 : real(folder, path, flags);
}

int ftruncate64(int fd, off64_t length) {
    REAL(int, ftruncate64, int, off64_t);
    return fd_below_root(fd) && fault() ? -1 : real(fd, length);
}
