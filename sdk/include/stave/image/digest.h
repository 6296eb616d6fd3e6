#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

/// Content digests as the OCI image specification writes them: "sha256:<64 hex digits>".
namespace stave::image {

struct Digest {
  std::string algorithm;  ///< "sha256" or "sha512"
  std::string hex;        ///< lower case, as long as the algorithm demands

  std::string text() const { return algorithm + ":" + hex; }
};

bool isDigest(std::string_view text);

/// Fails [invalid] saying what is wrong; `what` names the place it was found at.
Digest parseDigest(std::string_view text, std::string_view what);

/// Computes a digest of bytes that come piece by piece.
class Hasher {
 public:
  /// Fails [unsupported] for an algorithm other than sha256 and sha512.
  explicit Hasher(std::string_view algorithm = "sha256");
  Hasher(Hasher&&) = default;
  Hasher& operator=(Hasher&&) = default;

  void update(const void* data, size_t size);
  void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }

  /// "sha256:..." of everything so far. Call it once.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* state) const;
  };

  std::string algorithm_;
  std::unique_ptr<evp_md_ctx_st, Free> state_;
};

std::string digestOf(std::string_view bytes, std::string_view algorithm = "sha256");

/// Feeds the bytes of a file from `offset` up to `offset + size` to the hasher; it may be shorter.
/// Returns how many there were.
uint64_t hashFile(Hasher& hasher, int file, uint64_t offset, uint64_t size);

}  // namespace stave::image
