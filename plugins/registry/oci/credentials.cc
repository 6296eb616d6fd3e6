#include "credentials.h"

#include <openssl/evp.h>

namespace stave::oci {

std::string encodeBase64(const std::string& bytes) {
  std::string result((bytes.size() + 2) / 3 * 4 + 1, '\0');
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                             reinterpret_cast<const unsigned char*>(bytes.data()),
                             static_cast<int>(bytes.size()));
  result.resize(size);
  return result;
}

std::string decodeBase64(const std::string& text) {
  if (text.empty() || text.size() % 4 != 0) return "";
  std::string result(text.size() / 4 * 3 + 1, '\0');
  int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()));
  if (size < 0) return "";
  size -= text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  result.resize(size);
  return result;
}

std::string basicAuthorization(const Credentials& credentials) {
  return "Basic " + encodeBase64(credentials.username + ":" + credentials.password);
}

}  // namespace stave::oci
