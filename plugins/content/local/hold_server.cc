#include "hold_server.h"

#include <stave/image/digest.h>

namespace stave::local {

HoldServer::HoldServer(kj::Own<ContentState> state, HoldEntry entry)
    : state_(kj::mv(state)),
      name_(entry.name),
      persistent_(entry.persistent),
      id_(state_->holds().add(std::move(entry))) {}

HoldServer::~HoldServer() noexcept(false) {
  if (!persistent_) state_->holds().remove(id_);
}

Task<> HoldServer::save() {
  if (!persistent_) co_return;
  try {
    co_await flush();
  } catch (...) {
    state_->holds().remove(id_);
    throw;
  }
}

Task<> HoldServer::flush() {
  const HoldEntry* entry = state_->holds().get(id_);
  if (entry == nullptr) co_return;
  state_->holdFiles()->want(name_, *entry);
  auto job = [files = state_->holdFiles(), name = name_]() { files->flush(name); };
  co_await state_->context().workers().run(job);
}

kj::Promise<void> HoldServer::add(AddContext context) {
  std::vector<std::string> digests;
  for (auto digest : context.getParams().getDigests()) {
    digests.push_back(image::parseDigest({digest.begin(), digest.size()}, "hold " + name_).text());
  }
  if (!state_->holds().extend(id_, digests)) {
    fail(ErrorCode::NOT_FOUND, "hold " + name_ + " was released or replaced");
  }
  if (!persistent_) return kj::READY_NOW;
  return flush();
}

}  // namespace stave::local
