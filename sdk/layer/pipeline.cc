#include "stave/layer/pipeline.h"

#include <thread>

#include "ring.h"
#include "stave/error.h"
#include "stave/layer/digest.h"

namespace stave::layer {

struct Pipeline::State {
  Ring ring;
  std::shared_ptr<JobControl> control;
  std::string digest;
  std::thread inflater;
  std::thread hasher;

  void inflate(std::unique_ptr<ByteSource> compressed, const std::string& mediaType);
  void fill(ByteSource& tar);
  void hash();
};

void Pipeline::State::fill(ByteSource& tar) {
  while (char* block = ring.acquire()) {
    size_t filled = 0;
    // Full blocks keep the number of hand-overs low.
    while (filled < Ring::blockSize) {
      size_t count = tar.read(block + filled, Ring::blockSize - filled);
      if (count == 0) break;
      filled += count;
    }
    if (filled == 0) return;
    ring.publish(filled);
  }
}

void Pipeline::State::inflate(std::unique_ptr<ByteSource> compressed,
                              const std::string& mediaType) {
  ring.finish(kj::runCatchingExceptions([&]() {
    auto tar = decompress(std::move(compressed), mediaType);
    fill(*tar);
  }));
}

void Pipeline::State::hash() {
  try {
    Sha256 sum;
    for (auto piece = ring.next(Ring::hasher); !piece.empty(); piece = ring.next(Ring::hasher)) {
      sum.add(piece);
    }
    digest = sum.finish();
  } catch (...) {
    // The extractor meets the same failure and reports it.
    ring.abandon();
  }
}

Pipeline::Pipeline(std::unique_ptr<ByteSource> compressed, std::string mediaType,
                   std::shared_ptr<JobControl> control)
    : state_(std::make_unique<State>()) {
  auto* state = state_.get();
  state->control = std::move(control);
  state->hasher = std::thread([state]() { state->hash(); });
  state->inflater =
      std::thread([state, source = std::move(compressed), type = std::move(mediaType)]() mutable {
        state->inflate(std::move(source), type);
      });
}

Pipeline::~Pipeline() noexcept {
  state_->control->stop = true;
  state_->ring.abandon();
  state_->inflater.join();
  if (state_->hasher.joinable()) state_->hasher.join();
}

std::string_view Pipeline::next() {
  return state_->ring.next(Ring::extractor);
}

std::string Pipeline::digest() {
  if (state_->hasher.joinable()) state_->hasher.join();
  if (state_->digest.empty()) fail(ErrorCode::INTERNAL, "the layer's digest is not there");
  return state_->digest;
}

}  // namespace stave::layer
