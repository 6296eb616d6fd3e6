#include "stave/layer/digest.h"

#include <openssl/evp.h>

#include "stave/error.h"

namespace stave::layer {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr ||
      EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) {
    fail(ErrorCode::INTERNAL, "OpenSSL offers no SHA-256");
  }
}

Sha256::~Sha256() noexcept = default;
Sha256::Sha256(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) {
    fail(ErrorCode::INTERNAL, "computing a SHA-256 failed");
  }
}

std::string Sha256::finish() {
  unsigned char value[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_DigestFinal_ex(state_->context, value, &size) != 1) {
    fail(ErrorCode::INTERNAL, "finishing a SHA-256 failed");
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "sha256:";
  for (unsigned i = 0; i < size; i++) {
    text += digits[value[i] >> 4];
    text += digits[value[i] & 15];
  }
  return text;
}

}  // namespace stave::layer
