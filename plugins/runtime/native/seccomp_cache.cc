#include "seccomp_cache.h"

#include <linux/filter.h>
#include <stave/os/file.h>
#include <stave/os/task.h>

#include <cstdio>

namespace stave::native {

namespace {

/// Grows when the compiler of filters changes what it makes of the same profile.
constexpr unsigned generation = 1;

uint64_t hashOf(std::string_view text) {
  uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (unsigned char c : text) hash = (hash ^ c) * 0x0000'0100'0000'01b3;
  return hash;
}

/// Two hashes of different beginnings make accidents impossible in practice; nobody gains by
/// forging one, since a profile comes from whoever may also ask for none.
std::string keyOf(const std::string& profile, CapabilitySet capabilities) {
  char key[128];
  std::string_view text = profile.empty() ? defaultSeccompText() : std::string_view(profile);
  snprintf(key, sizeof(key), "%u-%u-%016lx%016lx-%zu-%016lx", generation, os::kernelVersion(),
           hashOf(text), hashOf(std::string("second") + std::string(text)), text.size(),
           capabilities);
  return key;
}

}  // namespace

SeccompCache::SeccompCache(std::string directory) : directory_(std::move(directory)) {
  if (!directory_.empty()) os::makeDirectories(directory_, 0700);
}

std::shared_ptr<const BpfProgram> SeccompCache::get(const std::string& profile,
                                                    CapabilitySet capabilities) {
  std::string key = keyOf(profile, capabilities);
  std::lock_guard lock(mutex_);
  auto found = programs_.find(key);
  if (found != programs_.end()) return found->second;
  auto program = load(key);
  if (program == nullptr) {
    auto parsed =
        profile.empty() ? parseSeccompText(defaultSeccompText()) : parseSeccompJson(profile);
    program = std::make_shared<BpfProgram>(compileSeccomp(parsed, capabilities));
    store(key, *program);
  }
  if (programs_.size() >= mostPrograms) programs_.erase(programs_.begin());
  programs_[key] = program;
  return program;
}

std::shared_ptr<const BpfProgram> SeccompCache::load(const std::string& key) const {
  std::string path = directory_ + "/" + key;
  if (directory_.empty() || !os::exists(path)) return nullptr;
  auto program = std::make_shared<BpfProgram>(os::readFile(path));
  bool whole = !program->empty() && program->size() % sizeof(sock_filter) == 0;
  return whole ? program : nullptr;
}

void SeccompCache::store(const std::string& key, const BpfProgram& program) const {
  if (!directory_.empty()) os::replaceFile(directory_ + "/" + key, program, 0600);
}

}  // namespace stave::native
