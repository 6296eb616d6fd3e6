#pragma once

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace stave::cli {

/// A format as docker's --format takes it, a part of Go's text/template: {{.Field.Inner}},
/// {{json .Field}}, {{join .List ", "}}, {{upper lower title len println index}}, pipes,
/// {{range .List}}...{{end}}, {{if .Field}}...{{else}}...{{end}}. \n and \t outside of {{}} are
/// taken.
class Template {
 public:
  explicit Template(std::string_view text);  ///< Throws UsageError.
  Template(Template&&) noexcept;
  ~Template();

  /// Throws UsageError for a field that is not there, naming those that are.
  std::string render(const nlohmann::json& value) const;

  /// The heading of a table: each {{.Field}} becomes its title.
  std::string heading(const nlohmann::json& titles) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace stave::cli
