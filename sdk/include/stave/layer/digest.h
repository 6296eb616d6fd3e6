#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace stave::layer {

/// SHA-256, with the machine's own instructions where there are.
class Sha256 {
 public:
  Sha256();
  ~Sha256() noexcept;
  Sha256(Sha256&&) noexcept;

  void add(std::string_view bytes);

  /// "sha256:" and the digest in hexadecimal. Once.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stave::layer
