#include "apply.h"

#include <stave/error.h>
#include <stave/os/file.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "documents.h"
#include "flags.h"
#include "output.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

/// Members that may stand at the top instead of in "metadata".
constexpr const char* shortcuts[] = {"name", "namespace", "labels", "annotations"};

std::string readDocument(const std::string& file) {
  return file == "-" ? os::readAll(STDIN_FILENO) : os::readFile(file);
}

}  // namespace

void fillObject(Json document, KindSchemas& schemas, const std::string& where,
                const std::string& nameSpace, schema::Object::Builder object) {
  if (!document.is_object()) fail(ErrorCode::INVALID, where + ": an object is a table of members");
  auto& metadata = document["metadata"];
  if (metadata.is_null()) metadata = Json::object();
  for (auto member : shortcuts) {
    if (!document.contains(member)) continue;
    if (metadata.contains(member)) {
      fail(ErrorCode::INVALID, where + ": \"" + member + "\" stands there and in metadata");
    }
    metadata[member] = document[member];
    document.erase(member);
  }
  if (!document.contains("kind") || !document["kind"].is_string()) {
    fail(ErrorCode::INVALID, where + ": \"kind\" is missing, as in kind = \"Pod\"");
  }
  auto kind = schemas.kindNamed(document["kind"].get<std::string>());
  metadata["kind"] = kind;
  document.erase("kind");
  bool placed = metadata.contains("namespace") || nameSpace.empty();
  if (!placed) metadata["namespace"] = nameSpace;
  json::Options options;
  options.anyPointer = &schemas.resolver();
  json::decode(document, capnp::toDynamic(object), where, options);
}

int applyFiles(Session& session, const ApplyFlags& options) {
  if (options.files.empty()) throw UsageError("--filename is missing");
  KindSchemas schemas(session);
  Transaction transaction(session.client().objects, "stave apply");
  std::vector<ObjectCopy> objects;
  for (auto& file : options.files) {
    auto documents = parseDocuments(file, readDocument(file));
    for (size_t i = 0; i < documents.size(); ++i) {
      auto where = documents.size() == 1 ? file : file + "[" + std::to_string(i) + "]";
      auto& object = objects.emplace_back();
      fillObject(std::move(documents[i]), schemas, where, options.nameSpace, object.builder());
      transaction.add(schema::Change::Op::APPLY, object);
    }
  }
  if (options.dryRun) {
    for (auto& object : objects) print(objectJson(schemas, object.reader()).dump(2) + "\n");
    return 0;
  }
  auto states = session.wait(transaction.commit());
  for (auto& state : states) {
    bool changed = state.metadata().getRevision() == transaction.revision();
    print(std::string(state.metadata().getKind()) + "/" + state.name() +
          (changed ? " applied\n" : " unchanged\n"));
  }
  return 0;
}

}  // namespace stave::cli
