#include "template.h"

#include <stave/json.h>

#include <nlohmann/json.hpp>

#include "flags.h"
#include "template_functions.h"

namespace stave::cli {

using nlohmann::json;

namespace {

/// One word of an expression: ".A.B", a function's name, a text or a number.
struct Operand {
  bool literal = false;
  json value;                       // of a literal
  std::string function;             // not empty: a function
  std::vector<std::string> fields;  // of a path; empty: the value itself
};

using CommandWords = std::vector<Operand>;
using Pipeline = std::vector<CommandWords>;

[[noreturn]] void failTemplate(const std::string& reason) {
  throw UsageError("the format cannot be used: " + reason);
}

/// Splits what stands in {{ }} into words; quoted ones keep their quote.
std::vector<std::string> wordsOf(std::string_view text) {
  std::vector<std::string> words;
  for (size_t i = 0; i < text.size();) {
    char first = text[i];
    if (first == ' ' || first == '\t') {
      ++i;
      continue;
    }
    size_t end = i + 1;
    if (first == '"' || first == '`') {
      while (end < text.size() && text[end] != first)
        end += text[end] == '\\' && first == '"' ? 2 : 1;
      if (end >= text.size())
        failTemplate("a quote is not closed in {{" + std::string(text) + "}}");
      ++end;
    } else if (first != '|') {
      end = text.find_first_of(" \t|", i);
    }
    words.emplace_back(text.substr(i, end - i));
    i = end == std::string_view::npos ? text.size() : end;
  }
  return words;
}

std::vector<std::string> fieldsOf(std::string_view path) {
  std::vector<std::string> fields;
  while (!path.empty()) {
    path.remove_prefix(1);
    auto end = path.find('.');
    if (!path.substr(0, end).empty()) fields.emplace_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return fields;
}

Operand operandOf(const std::string& word) {
  Operand operand;
  if (word.front() == '.') {
    operand.fields = fieldsOf(word);
    return operand;
  }
  operand.literal = true;
  if (word.front() == '`') {
    operand.value = word.substr(1, word.size() - 2);
  } else {
    operand.value = json::parse(word, nullptr, false);
    if (operand.value.is_discarded()) operand.function = word;
  }
  if (!operand.function.empty() && !isTemplateFunction(word)) {
    failTemplate("there is no function \"" + word + "\"");
  }
  return operand;
}

Pipeline pipelineOf(std::string_view text) {
  Pipeline pipeline(1);
  for (auto& word : wordsOf(text)) {
    if (word == "|") {
      pipeline.emplace_back();
    } else {
      pipeline.back().push_back(operandOf(word));
    }
  }
  for (auto& command : pipeline) {
    if (command.empty()) failTemplate("{{" + std::string(text) + "}} is incomplete");
  }
  return pipeline;
}

const json& step(const json& value, const std::string& field) {
  static const json nothing;
  if (value.is_null()) return nothing;
  if (!value.is_object()) failTemplate("\"" + field + "\" is asked of what has no fields");
  auto found = value.find(field);
  if (found != value.end()) return *found;
  std::vector<std::string> names;
  std::string all;
  for (auto& [name, content] : value.items()) {
    names.push_back(name);
    all += (all.empty() ? "" : ", ") + name;
  }
  auto nearest = nearestName(field, names);
  failTemplate("there is no field \"" + field + "\"" +
               (nearest.empty() ? "; there are " + all : "; did you mean \"" + nearest + "\"?"));
}

json valueOf(const Operand& operand, const json& dot) {
  if (operand.literal) return operand.value;
  const json* value = &dot;
  for (auto& field : operand.fields) value = &step(*value, field);
  return *value;
}

json evaluate(const Pipeline& pipeline, const json& dot) {
  json result;
  bool piped = false;
  for (auto& command : pipeline) {
    std::vector<json> values;
    bool isCall = !command.front().function.empty();
    for (size_t i = isCall ? 1 : 0; i < command.size(); ++i)
      values.push_back(valueOf(command[i], dot));
    if (piped) values.push_back(std::move(result));
    if (!isCall && values.size() != 1) failTemplate("a value is followed by something");
    result = isCall ? callTemplateFunction(command.front().function, values) : std::move(values[0]);
    piped = true;
  }
  return result;
}

bool isTrue(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

/// Takes "\n" and "\t" as a shell user writes them.
std::string unescaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    bool escape =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 't');
    if (escape) {
      result += text[++i] == 'n' ? '\n' : '\t';
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

struct Template::Node {
  enum class Kind { sequence, text, value, condition, loop };

  Kind kind = Kind::sequence;
  std::string text;
  Pipeline pipeline;
  std::vector<std::unique_ptr<Node>> body, otherwise;

  static std::vector<std::unique_ptr<Node>> parse(std::string_view& rest, std::string& stop);
  static std::unique_ptr<Node> action(std::string inside, std::string_view& rest);
  static void renderAll(const std::vector<std::unique_ptr<Node>>& nodes, const json& dot,
                        std::string& out);
  void render(const json& dot, std::string& out) const;
};

std::unique_ptr<Template::Node> Template::Node::action(std::string inside, std::string_view& rest) {
  auto node = std::make_unique<Node>();
  auto space = inside.find(' ');
  auto word = inside.substr(0, space);
  if (word != "if" && word != "range") {
    node->kind = Kind::value;
    node->pipeline = pipelineOf(inside);
    return node;
  }
  node->kind = word == "if" ? Kind::condition : Kind::loop;
  node->pipeline = pipelineOf(space == std::string::npos ? "" : inside.substr(space));
  std::string stop;
  node->body = parse(rest, stop);
  if (stop == "else") node->otherwise = parse(rest, stop);
  if (stop != "end") failTemplate("{{" + word + "}} has no {{end}}");
  return node;
}

std::vector<std::unique_ptr<Template::Node>> Template::Node::parse(std::string_view& rest,
                                                                   std::string& stop) {
  std::vector<std::unique_ptr<Node>> nodes;
  stop.clear();
  while (!rest.empty()) {
    auto open = rest.find("{{");
    auto before = std::make_unique<Node>();
    before->kind = Kind::text;
    before->text = unescaped(rest.substr(0, open));
    if (!before->text.empty()) nodes.push_back(std::move(before));
    if (open == std::string_view::npos) break;
    rest.remove_prefix(open + 2);
    auto close = rest.find("}}");
    if (close == std::string_view::npos) failTemplate("{{ is not closed");
    std::string inside(rest.substr(0, close));
    rest.remove_prefix(close + 2);
    inside.erase(0, inside.find_first_not_of(" -"));
    inside.erase(inside.find_last_not_of(" -") + 1);
    if (inside.empty()) failTemplate("{{}} is empty");
    if (inside == "end" || inside == "else") {
      stop = inside;
      return nodes;
    }
    nodes.push_back(action(std::move(inside), rest));
  }
  rest = {};
  return nodes;
}

void Template::Node::renderAll(const std::vector<std::unique_ptr<Node>>& nodes, const json& dot,
                               std::string& out) {
  for (auto& node : nodes) node->render(dot, out);
}

void Template::Node::render(const json& dot, std::string& out) const {
  switch (kind) {
    case Kind::sequence:
      return renderAll(body, dot, out);
    case Kind::text:
      out += text;
      return;
    case Kind::value:
      out += templateText(evaluate(pipeline, dot));
      return;
    case Kind::condition:
      return renderAll(isTrue(evaluate(pipeline, dot)) ? body : otherwise, dot, out);
    case Kind::loop: {
      auto list = evaluate(pipeline, dot);
      if (!isTrue(list)) return renderAll(otherwise, dot, out);
      for (auto& element : list) renderAll(body, element, out);
      return;
    }
  }
}

Template::Template(std::string_view text) : root_(std::make_unique<Node>()) {
  std::string stop;
  root_->body = Node::parse(text, stop);
  if (!stop.empty()) failTemplate("{{" + stop + "}} stands alone");
}

Template::Template(Template&&) noexcept = default;
Template::~Template() = default;

std::string Template::render(const json& value) const {
  std::string out;
  root_->render(value, out);
  return out;
}

std::string Template::heading(const json& titles) const {
  std::string out;
  for (auto& node : root_->body) {
    if (node->kind == Node::Kind::text) out += node->text;
    if (node->kind != Node::Kind::value) continue;
    std::string title;
    for (auto& command : node->pipeline) {
      for (auto& operand : command) {
        if (!operand.fields.empty()) title = operand.fields.back();
      }
    }
    if (titles.contains(title)) {
      title = titles[title].get<std::string>();
    } else {
      for (char& letter : title) letter = static_cast<char>(::toupper(letter));
    }
    out += title;
  }
  return out;
}

}  // namespace stave::cli
