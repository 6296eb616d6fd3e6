#include <asm/ioctls.h>
#include <linux/wait.h>
#include <signal.h>
#include <stdint.h>

#include "monitor/system.h"

/// PID 1 of a container that asked for one: starts the command, passes signals on to it, and reaps
/// whatever is orphaned. Arguments: its own name, the file to execute, and the command's arguments.
namespace stave::init {

namespace {

constexpr uint64_t allSignals = ~uint64_t{0};

void setMask(uint64_t mask) {
  sys::invoke(__NR_rt_sigprocmask, SIG_SETMASK, &mask, nullptr, sizeof(mask));
}

/// The command is a process group of its own, and the terminal's if there is one.
[[noreturn]] void runCommand(char** arguments, char** environment) {
  sys::invoke(__NR_setpgid, 0, 0);
  long group = sys::invoke(__NR_getpid);
  int32_t number = static_cast<int32_t>(group);
  sys::invoke(__NR_ioctl, 0, TIOCSPGRP, &number);
  setMask(0);
  long error = sys::invoke(__NR_execve, arguments[1], arguments + 2, environment);
  sys::exit(error == -2 ? 127 : 126);
}

long start(char** arguments, char** environment) {
  long pid = sys::invoke(__NR_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) runCommand(arguments, environment);
  return pid;
}

int codeOf(int status) {
  int signal = status & 0x7f;
  return signal == 0 ? status >> 8 & 0xff : 128 + signal;
}

/// Returns when there is nothing left to reap now, or does not when the command has ended.
void reap(long command) {
  for (;;) {
    int status = 0;
    long pid = sys::invoke(__NR_wait4, -1, &status, WNOHANG, nullptr);
    if (pid <= 0) return;
    if (pid == command) sys::exit(codeOf(status));
  }
}

[[noreturn]] void serve(long command) {
  uint64_t all = allSignals;
  for (;;) {
    long number = sys::invoke(__NR_rt_sigtimedwait, &all, nullptr, nullptr, sizeof(all));
    if (number == SIGCHLD) {
      reap(command);
    } else if (number > 0) {
      sys::invoke(__NR_kill, command, number);
    }
  }
}

}  // namespace

[[noreturn]] void main(long* stack) {
  long count = stack[0];
  auto arguments = reinterpret_cast<char**>(stack + 1);
  if (count < 3) sys::exit(125);
  setMask(allSignals);
  long command = start(arguments, arguments + count + 1);
  if (command < 0) sys::exit(125);
  serve(command);
}

}  // namespace stave::init

extern "C" [[noreturn]] void staveInitEntry(long* stack) {
  stave::init::main(stack);
}

#if defined(__x86_64__)
asm(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n"
    "  call staveInitEntry\n  hlt\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start:\n  mov x29, xzr\n  mov x0, sp\n  bl staveInitEntry\n  brk 1\n");
#endif
