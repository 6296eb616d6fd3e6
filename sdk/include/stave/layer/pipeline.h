#pragma once

#include <stave/layer/stream.h>

#include <memory>
#include <string>

namespace stave::layer {

/// Reads and uncompresses on one thread and hashes on a second, while the owner consumes the pieces
/// on its own: the three overlap.
class Pipeline final : public PieceSource {
 public:
  /// `control->stop` is set when the pipeline is destroyed before its end.
  Pipeline(std::unique_ptr<ByteSource> compressed, std::string mediaType,
           std::shared_ptr<JobControl> control);
  ~Pipeline() noexcept;

  std::string_view next() override;

  /// The digest of everything that came through. Only after next() has said that it is the end.
  std::string digest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stave::layer
