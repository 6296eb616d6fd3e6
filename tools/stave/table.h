#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "flags.h"

namespace stave::cli {

/// Lines up columns, two or more spaces apart. The first row is the heading.
std::string alignColumns(const std::vector<std::vector<std::string>>& rows);

/// How a listing is wanted.
struct ListingStyle {
  std::string format;  // "", "table ...", "json", a template
  bool json = false;
  bool quiet = false;
};

void declareListing(Flags& flags, ListingStyle& style);

/// A column of a listing: its heading, and the field of a row.
struct Column {
  std::string_view title;
  std::string_view field;
};

/// Rows (JSON objects) as the style says: a table of `columns`, a template per row, JSON lines, or
/// with `quiet` the field `key` alone.
std::string renderListing(const std::vector<nlohmann::json>& rows,
                          const std::vector<Column>& columns, std::string_view key,
                          const ListingStyle& style);

}  // namespace stave::cli
