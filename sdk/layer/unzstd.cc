#include <zstd.h>

#include <vector>

#include "decompressors.h"
#include "stave/error.h"

namespace stave::layer {

namespace {

struct FreeContext {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

/// Zstandard, one frame or several.
class Unzstd final : public ByteSource {
 public:
  explicit Unzstd(std::unique_ptr<ByteSource> compressed)
      : compressed_(std::move(compressed)), input_(compressedChunk), stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) fail(ErrorCode::EXHAUSTED, "no memory to uncompress zstd");
  }

  size_t read(char* buffer, size_t size) override {
    ZSTD_outBuffer output{buffer, size, 0};
    while (output.pos == 0) {
      if (pending_.pos == pending_.size && !inputEnded_) refill();
      if (inputEnded_ && frameDone_) return 0;
      step(output);
    }
    return output.pos;
  }

 private:
  void refill() {
    size_t count = compressed_->read(input_.data(), input_.size());
    inputEnded_ = count == 0;
    pending_ = {input_.data(), count, 0};
  }

  void step(ZSTD_outBuffer& output) {
    size_t consumed = pending_.pos;
    size_t result = ZSTD_decompressStream(stream_.get(), &output, &pending_);
    if (ZSTD_isError(result)) {
      fail(ErrorCode::INVALID,
           std::string("the layer's zstd data is damaged: ") + ZSTD_getErrorName(result));
    }
    frameDone_ = result == 0;
    if (inputEnded_ && !frameDone_ && output.pos == 0 && pending_.pos == consumed) {
      fail(ErrorCode::INVALID, "the layer's zstd data ends in the middle");
    }
  }

  std::unique_ptr<ByteSource> compressed_;
  std::vector<char> input_;
  std::unique_ptr<ZSTD_DStream, FreeContext> stream_;
  ZSTD_inBuffer pending_{nullptr, 0, 0};
  bool inputEnded_ = false;
  bool frameDone_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> newUnzstd(std::unique_ptr<ByteSource> compressed) {
  return std::make_unique<Unzstd>(std::move(compressed));
}

}  // namespace stave::layer
