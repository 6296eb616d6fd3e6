#include "depot.h"

#include <fcntl.h>

#include <chrono>

#include "record.h"
#include "stave/error.h"
#include "stave/os/entry.h"

namespace stave::layer {

namespace {

std::string firstLine(std::string text) {
  return text.substr(0, text.find('\n'));
}

int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Staged::~Staged() noexcept {
  if (depot_ == nullptr) return;
  // What cannot be moved away now is cleaned at the next start.
  kj::runCatchingExceptions([this]() { depot_->discard(place_); });
}

Depot::Depot(std::string path, Driver& driver, std::function<void(const kj::Exception&)> onFailure)
    : path_(std::move(path)),
      driver_(driver),
      bootId_(firstLine(os::readFile("/proc/sys/kernel/random/boot_id"))),
      remover_(onFailure),
      syncer_(onFailure) {
  for (auto* folder : {"layers", "snapshots", "staging", "trash"}) {
    os::makeDirectories(path_ + "/" + folder, 0700);
  }
}

template <typename Load>
void Depot::loadAll(const std::string& folder, Content& content, Load load) {
  for (auto& name : os::listDirectory(path_ + "/" + folder)) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { load(name); })) {
      content.damaged.push_back(folder + "/" + name + ": " + textOf(*exception));
      discard({path_ + "/" + folder + "/" + name});
    }
  }
}

Depot::Content Depot::load() {
  Content content;
  for (auto* folder : {"staging", "trash"}) {
    for (auto& name : os::listDirectory(path_ + "/" + folder)) {
      discard({path_ + "/" + folder + "/" + name});
    }
  }
  loadAll("layers", content,
          [&](const std::string& name) { content.layers.push_back(loadLayer(name)); });
  loadAll("snapshots", content, [&](const std::string& name) {
    content.snapshots.push_back(
        decodeSnapshot(os::readFile(path_ + "/snapshots/" + name + "/record")));
  });
  return content;
}

LayerRecord Depot::loadLayer(const std::string& name) {
  auto path = path_ + "/layers/" + name;
  auto file = os::open(path + "/record", O_RDONLY);
  std::string bootId;
  auto record = decodeLayer(os::readAll(file), bootId);
  record.lastUsed = nanoseconds(os::statOf(file).st_mtim);
  if (os::exists(path + "/durable")) return record;
  if (bootId != bootId_) {
    fail(ErrorCode::UNAVAILABLE, "the machine went down before the layer was safe on its disk");
  }
  makeDurable(record.chainId);
  return record;
}

std::string Depot::unique(const char* folder) {
  // Names of an earlier process may still be there; they are on their way out.
  while (true) {
    auto name = path_ + "/" + folder + "/" + std::to_string(++counter_);
    if (!os::exists(name)) return name;
  }
}

Staged Depot::stage() {
  auto path = unique("staging");
  os::makeDirectories(path, 0700);
  return Staged(*this, path);
}

void Depot::publish(Staged staged, const LayerRecord& record) {
  os::replaceFile(staged.place().path + "/record", encode(record, bootId_));
  os::rename(staged.place().path, layerPlace(record.chainId).path);
  staged.depot_ = nullptr;
  makeDurable(record.chainId);
}

void Depot::publish(Staged staged, const SnapshotRecord& record) {
  os::replaceFile(staged.place().path + "/record", encode(record));
  os::rename(staged.place().path, snapshotPlace(record.name).path);
  staged.depot_ = nullptr;
}

/// A layer is used at once and made safe afterwards: a sync can take seconds, and what a power
/// failure makes doubtful is recognised by the missing mark and fetched again.
void Depot::makeDurable(const std::string& chainId) {
  syncer_.post([this, path = layerPlace(chainId).path]() {
    if (!os::exists(path)) return;
    os::syncFileSystem(os::open(path, O_RDONLY | O_DIRECTORY));
    KJ_IF_MAYBE (failure, kj::runCatchingExceptions(
                              [&]() { os::open(path + "/durable", O_WRONLY | O_CREAT); })) {
      if (os::exists(path)) kj::throwFatalException(kj::mv(*failure));
    }
  });
}

void Depot::discard(const Place& place) {
  driver_.forget(place);
  auto trash = place.path;
  if (!trash.starts_with(path_ + "/trash/")) {
    trash = unique("trash");
    if (!os::exists(place.path)) return;
    os::rename(place.path, trash);
  }
  remover_.post([this, trash]() { driver_.remove(trash); });
}

Place Depot::layerPlace(const std::string& chainId) const {
  return {path_ + "/layers/" + hexOf(chainId)};
}

Place Depot::snapshotPlace(const std::string& name) const {
  return {path_ + "/snapshots/" + fileNameOf(name)};
}

void Depot::touch(const std::string& chainId) {
  timespec current{};
  clock_gettime(CLOCK_REALTIME, &current);
  os::setModifiedAt(AT_FDCWD, layerPlace(chainId).path + "/record", current);
}

void Depot::drain() {
  remover_.drain();
  syncer_.drain();
}

std::string hexOf(const std::string& chainId) {
  constexpr std::string_view prefix = "sha256:";
  auto digits = chainId.substr(chainId.starts_with(prefix) ? prefix.size() : 0);
  bool good = chainId.starts_with(prefix) && digits.size() == 64 &&
              digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!good) {
    fail(ErrorCode::INVALID, "the chain id \"" + chainId + "\" is not sha256: and 64 digits");
  }
  return digits;
}

int64_t now() {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

}  // namespace stave::layer
