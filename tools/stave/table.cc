#include "table.h"

#include <nlohmann/json.hpp>

#include "output.h"
#include "template.h"
#include "template_functions.h"

namespace stave::cli {

using nlohmann::json;

namespace {

constexpr std::string_view tablePrefix = "table";

std::vector<std::string> splitTabs(const std::string& line) {
  std::vector<std::string> cells(1);
  for (char letter : line) {
    if (letter == '\t') {
      cells.emplace_back();
    } else {
      cells.back() += letter;
    }
  }
  return cells;
}

std::string dumped(const json& row) {
  return row.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string defaultTable(const std::vector<json>& rows, const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> cells(1);
  for (auto& column : columns) cells[0].emplace_back(column.title);
  for (auto& row : rows) {
    auto& line = cells.emplace_back();
    for (auto& column : columns) line.push_back(templateText(row.at(std::string(column.field))));
  }
  return alignColumns(cells);
}

std::string templateTable(const std::vector<json>& rows, const std::vector<Column>& columns,
                          std::string_view text) {
  Template format(text);
  json titles;
  for (auto& column : columns) titles[std::string(column.field)] = std::string(column.title);
  std::vector<std::vector<std::string>> cells{splitTabs(format.heading(titles))};
  for (auto& row : rows) cells.push_back(splitTabs(format.render(row)));
  return alignColumns(cells);
}

/// Letters, not bytes: continuation bytes of UTF-8 take no room.
size_t widthOf(const std::string& text) {
  size_t width = 0;
  for (unsigned char byte : text) width += (byte & 0xc0) != 0x80;
  return width;
}

}  // namespace

std::string alignColumns(const std::vector<std::vector<std::string>>& rows) {
  constexpr size_t gap = 3;
  std::vector<size_t> widths;
  for (auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], widthOf(row[i]));
  }
  std::string text;
  for (auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - widthOf(row[i]) + gap, ' ');
    }
    text += '\n';
  }
  return text;
}

void declareListing(Flags& flags, ListingStyle& style) {
  flags.text("--format", style.format, "A template, \"table TEMPLATE\" or json", "format");
  flags.toggle("--json", style.json, "One JSON object a line");
  flags.toggle("-q,--quiet", style.quiet, "Only names or ids");
}

std::string renderListing(const std::vector<json>& rows, const std::vector<Column>& columns,
                          std::string_view key, const ListingStyle& style) {
  std::string text;
  std::string_view format = style.format;
  bool table = format == tablePrefix || format.substr(0, 6) == "table ";
  if (style.json || format == "json") {
    for (auto& row : rows) text += dumped(row) + "\n";
  } else if (style.quiet) {
    for (auto& row : rows) text += templateText(row.at(std::string(key))) + "\n";
  } else if (table && format.size() > tablePrefix.size()) {
    return templateTable(rows, columns, format.substr(tablePrefix.size() + 1));
  } else if (format.empty() || table) {
    return defaultTable(rows, columns);
  } else {
    Template line(format);
    for (auto& row : rows) text += line.render(row) + "\n";
  }
  return text;
}

}  // namespace stave::cli
