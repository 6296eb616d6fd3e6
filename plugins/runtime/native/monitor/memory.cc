#include <stddef.h>

/// The functions that the compiler may call on its own.
extern "C" {

void* memcpy(void* __restrict target, const void* __restrict source, size_t size) {
  auto to = static_cast<char*>(target);
  auto from = static_cast<const char*>(source);
#if defined(__x86_64__)
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
#else
  for (size_t i = 0; i < size; i++) to[i] = from[i];
#endif
  return target;
}

void* memmove(void* target, const void* source, size_t size) {
  auto to = static_cast<char*>(target);
  auto from = static_cast<const char*>(source);
  if (to <= from) return memcpy(target, source, size);
  while (size-- > 0) to[size] = from[size];
  return target;
}

void* memset(void* target, int value, size_t size) {
  auto to = static_cast<char*>(target);
  for (size_t i = 0; i < size; i++) to[i] = static_cast<char>(value);
  return target;
}

int memcmp(const void* left, const void* right, size_t size) {
  auto a = static_cast<const unsigned char*>(left);
  auto b = static_cast<const unsigned char*>(right);
  for (size_t i = 0; i < size; i++) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

size_t strlen(const char* text) {
  size_t size = 0;
  while (text[size] != 0) size++;
  return size;
}
}
