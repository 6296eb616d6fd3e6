#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Reading JSON that a stranger wrote: each access says what is wrong at which member.
namespace stave::image {

/// Parses, with bounds on size and depth. Fails [invalid].
nlohmann::json parseDocument(std::string_view bytes, std::string_view what);

/// One object of a document, and the path by which it was reached.
class ObjectReader {
 public:
  /// Fails [invalid] if the value is not an object. `separator` stands between path and member.
  ObjectReader(const nlohmann::json& value, std::string path, const char* separator = ": ");

  const std::string& path() const { return path_; }
  [[noreturn]] void refuse(std::string_view member, std::string_view why) const;

  /// The member, or null if it is missing or JSON null.
  const nlohmann::json* find(const char* member) const;
  bool has(const char* member) const { return find(member) != nullptr; }

  std::string text(const char* member) const;  ///< required
  std::string textOr(const char* member, std::string_view otherwise) const;
  int64_t number(const char* member) const;  ///< required
  int64_t numberOr(const char* member, int64_t otherwise) const;
  bool flagOr(const char* member, bool otherwise) const;
  std::vector<std::string> texts(const char* member) const;              ///< missing: empty
  std::map<std::string, std::string> textMap(const char* member) const;  ///< missing: empty
  std::vector<std::string> keys(const char* member) const;      ///< of an object used as a set
  ObjectReader object(const char* member) const;                ///< required
  std::vector<ObjectReader> objects(const char* member) const;  ///< required

 private:
  const nlohmann::json& require(const char* member) const;
  std::string join(std::string_view member) const;

  const nlohmann::json* value_;
  std::string path_;
  const char* separator_;
};

}  // namespace stave::image
