#pragma once

#include "object_json.h"

namespace stave::cli {

struct ApplyFlags {
  std::vector<std::string> files;
  std::string nameSpace;
  bool dryRun = false;
};

int applyFiles(Session& session, const ApplyFlags& options);

/// Fills an object from what a file says: {kind, name or metadata, spec}. `where` stands before
/// errors.
void fillObject(nlohmann::json document, KindSchemas& schemas, const std::string& where,
                const std::string& nameSpace, schema::Object::Builder object);

}  // namespace stave::cli
