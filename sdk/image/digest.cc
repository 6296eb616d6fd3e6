#include <openssl/evp.h>
#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/os/positioned_io.h>

#include <algorithm>
#include <vector>

namespace stave::image {

namespace {

size_t hexLength(std::string_view algorithm) {
  if (algorithm == "sha256") return 64;
  if (algorithm == "sha512") return 128;
  return 0;
}

bool isHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// What is wrong with the text as a digest; empty if nothing.
std::string defectOf(std::string_view text) {
  size_t colon = text.find(':');
  if (colon == std::string_view::npos) return "has no algorithm before a colon";
  std::string_view algorithm = text.substr(0, colon), hex = text.substr(colon + 1);
  size_t length = hexLength(algorithm);
  if (length == 0) return "has an algorithm other than sha256 and sha512";
  if (hex.size() != length) {
    return "has " + std::to_string(hex.size()) + " digits, not " + std::to_string(length);
  }
  if (!std::all_of(hex.begin(), hex.end(), isHexDigit)) {
    return "has a character that is not a lower-case hexadecimal digit";
  }
  return "";
}

}  // namespace

bool isDigest(std::string_view text) {
  return defectOf(text).empty();
}

Digest parseDigest(std::string_view text, std::string_view what) {
  std::string defect = defectOf(text);
  if (!defect.empty()) {
    fail(ErrorCode::INVALID,
         std::string(what) + ": digest \"" + std::string(text.substr(0, 160)) + "\" " + defect);
  }
  size_t colon = text.find(':');
  return Digest{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

void Hasher::Free::operator()(evp_md_ctx_st* state) const {
  EVP_MD_CTX_free(state);
}

Hasher::Hasher(std::string_view algorithm) : algorithm_(algorithm), state_(EVP_MD_CTX_new()) {
  if (hexLength(algorithm) == 0) {
    fail(ErrorCode::UNSUPPORTED,
         "digest algorithm \"" + algorithm_ + "\": sha256 and sha512 are known");
  }
  const EVP_MD* method = algorithm_ == "sha256" ? EVP_sha256() : EVP_sha512();
  if (!state_ || EVP_DigestInit_ex(state_.get(), method, nullptr) != 1) {
    fail(ErrorCode::INTERNAL, "cannot begin a " + algorithm_ + " digest: OpenSSL refused");
  }
}

void Hasher::update(const void* data, size_t size) {
  if (EVP_DigestUpdate(state_.get(), data, size) != 1) {
    fail(ErrorCode::INTERNAL, "cannot go on with a " + algorithm_ + " digest: OpenSSL refused");
  }
}

std::string Hasher::finish() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_DigestFinal_ex(state_.get(), bytes, &size) != 1) {
    fail(ErrorCode::INTERNAL, "cannot end a " + algorithm_ + " digest: OpenSSL refused");
  }
  static constexpr char digits[] = "0123456789abcdef";
  std::string text = algorithm_ + ":";
  for (unsigned i = 0; i < size; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

std::string digestOf(std::string_view bytes, std::string_view algorithm) {
  Hasher hasher(algorithm);
  hasher.update(bytes);
  return hasher.finish();
}

uint64_t hashFile(Hasher& hasher, int file, uint64_t offset, uint64_t size) {
  std::vector<char> buffer(256 * 1024);
  uint64_t done = 0;
  while (done < size) {
    size_t wanted = std::min<uint64_t>(buffer.size(), size - done);
    size_t got = os::readAt(file, buffer.data(), wanted, offset + done);
    if (got == 0) break;
    hasher.update(buffer.data(), got);
    done += got;
  }
  return done;
}

}  // namespace stave::image
