// Preloaded into attend (LD_PRELOAD), it stops the program before main() and starts it again and again by fork():
// loading LibTorch takes a third of a second, which would be most of an attack. The process that is forked has run
// nothing but the constructors of its libraries and has one thread, so each run is as one started alone.
//
// On descriptor ATTACK_FD: a request is its size (4 bytes) and texts that end with NUL: directory, standard input,
// output and error, then the arguments. The answers are the process id (4 bytes), and at its end status (4), peak
// memory in KiB (8) and microseconds of processor time (8).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*Main)(int, char**, char**);
typedef int (*Start)(Main, int, char**, void (*)(void), void (*)(void), void (*)(void), void*);

enum { kMostArguments = 64, kFailed = 99 };
static Main real_main;

static int read_all(int from, void* data, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t now = read(from, (char*)data + done, size - done);
    if (now <= 0) return 0;
    done += (size_t)now;
  }
  return 1;
}

static void answer(int to, const void* data, size_t size) {
  if (write(to, data, size) != (ssize_t)size) _exit(kFailed);
}

static void redirect(const char* path, int flags, int descriptor) {
  const int file = open(path, flags, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) _exit(kFailed);
  close(file);
}

// In the forked process: what the request asks for.
static void run(char* request, size_t size, char** environment) {
  char* texts[kMostArguments + 6] = {0};
  int count = 0;
  for (char* at = request; at < request + size && count < kMostArguments + 4; at += strlen(at) + 1) texts[count++] = at;
  if (count < 4 || chdir(texts[0]) != 0) _exit(kFailed);
  redirect(texts[1], O_RDONLY, 0);
  redirect(texts[2], O_WRONLY | O_CREAT | O_TRUNC, 1);
  redirect(texts[3], O_WRONLY | O_CREAT | O_TRUNC, 2);
  texts[3] = "attend";
  const int code = real_main(count - 3, texts + 3, environment);
  fflush(NULL);
  _exit(code);  // LibTorch's destructors take as long as most of the rest
}

static int serve(int argc, char** argv, char** environment) {
  (void)argc, (void)argv;
  const int peer = atoi(getenv("ATTACK_FD"));
  for (uint32_t size = 0; read_all(peer, &size, sizeof size);) {
    char* request = malloc(size + 1);
    if (!request || !read_all(peer, request, size)) return kFailed;
    request[size] = 0;
    const int32_t child = fork();
    if (child == 0) {
      close(peer);
      run(request, size, environment);
    }
    free(request);
    answer(peer, &child, sizeof child);
    int32_t status = kFailed << 8;
    struct rusage used = {0};
    if (child > 0) wait4(child, &status, 0, &used);
    const int64_t seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec;
    const int64_t spent[2] = {used.ru_maxrss, 1000000 * seconds + used.ru_utime.tv_usec + used.ru_stime.tv_usec};
    answer(peer, &status, sizeof status);
    answer(peer, spent, sizeof spent);
  }
  return 0;
}

int __libc_start_main(Main program, int argc, char** argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void* stack_end) {
  const Start start = (Start)dlsym(RTLD_NEXT, "__libc_start_main");
  real_main = program;
  return start(getenv("ATTACK_FD") ? serve : program, argc, argv, init, fini, rtld_fini, stack_end);
}
