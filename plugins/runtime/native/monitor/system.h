#pragma once

#include <asm/unistd.h>
#include <stddef.h>
#include <stdint.h>

/// System calls without a C library: each returns what the kernel does, -errno on failure.
namespace stave::sys {

inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
#else
#error "no system calls for this processor"
#endif
}

template <typename T>
long word(T value) {
  if constexpr (__is_enum(T)) {
    return static_cast<long>(value);
  } else {
    return (long)value;
  }
}

template <typename... Arguments>
long invoke(long number, Arguments... arguments) {
  return call(number, word(arguments)...);
}

inline long read(int fd, void* data, size_t size) {
  return invoke(__NR_read, fd, data, size);
}
inline long write(int fd, const void* data, size_t size) {
  return invoke(__NR_write, fd, data, size);
}
inline long close(int fd) {
  return invoke(__NR_close, fd);
}
inline long openAt(int directory, const char* path, int flags, unsigned mode = 0) {
  return invoke(__NR_openat, directory, path, flags, mode);
}
[[noreturn]] inline void exit(int code) {
  for (;;) invoke(__NR_exit_group, code);
}

/// Closes at the end of the scope.
class Fd {
 public:
  Fd() = default;
  explicit Fd(long fd) : fd_(static_cast<int>(fd)) {}
  Fd(Fd&& other) : fd_(other.release()) {}
  Fd& operator=(Fd&& other) {
    reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  long error() const { return fd_ < 0 ? fd_ : 0; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace stave::sys
