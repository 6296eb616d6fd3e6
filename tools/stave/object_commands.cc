// Rows for objects of any kind: apply, get, describe, delete, explain, watch.
#include <stave/error.h>
#include <stave/json.h>
#include <stave/os/file.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apply.h"
#include "command.h"
#include "object_json.h"
#include "output.h"
#include "table.h"
#include "template_functions.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

struct GetFlags {
  std::string nameSpace, output;
  ListingStyle style;
};

/// What a dotted path leads to; empty text if nothing.
std::string atPath(const Json& object, const std::string& path) {
  const Json* value = &object;
  for (size_t begin = 0; begin <= path.size();) {
    auto end = path.find('.', begin);
    auto name = path.substr(begin, end - begin);
    if (!value->is_object() || !value->contains(name)) return "";
    value = &value->at(name);
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return templateText(*value);
}

void printTable(KindSchemas& schemas, const std::string& kind,
                const std::vector<ObjectCopy>& objects) {
  std::vector<std::vector<std::string>> rows(1);
  std::vector<std::string> paths;
  KJ_IF_MAYBE (definition, schemas.definition(kind)) {
    if (definition->getNamespaced())
      rows[0].push_back("NAMESPACE"), paths.push_back("metadata.namespace");
    rows[0].push_back("NAME"), paths.push_back("metadata.name");
    for (auto column : definition->getColumns()) {
      rows[0].push_back(column.getTitle().cStr());
      paths.push_back(column.getPath().cStr());
    }
  } else {
    rows[0].push_back("NAME"), paths.push_back("metadata.name");
  }
  rows[0].push_back("AGE");
  for (auto& object : objects) {
    auto json = objectJson(schemas, object.reader());
    auto& row = rows.emplace_back();
    for (auto& path : paths) row.push_back(atPath(json, path));
    row.push_back(
        humanDuration((nowNanoseconds() - object.metadata().getCreated()) / 1'000'000'000));
  }
  print(alignColumns(rows));
}

void printObjects(KindSchemas& schemas, const std::string& kind,
                  const std::vector<ObjectCopy>& objects, const GetFlags& options) {
  bool lines = options.style.json || options.output == "json";
  if (!options.output.empty() && options.output != "json" && options.output != "name") {
    failFlag("--output", options.output, "want json or name");
  }
  if (options.style.quiet || options.output == "name") {
    for (auto& object : objects) print(object.name() + "\n");
  } else if (lines) {
    for (auto& object : objects) print(objectJson(schemas, object.reader()).dump() + "\n");
  } else if (!options.style.format.empty()) {
    std::vector<Json> rows;
    for (auto& object : objects) rows.push_back(objectJson(schemas, object.reader()));
    print(renderListing(rows, {}, "name", options.style));
  } else {
    printTable(schemas, kind, objects);
  }
}

Action get(Flags& flags) {
  auto options = std::make_shared<GetFlags>();
  flags.text("-n,--namespace", options->nameSpace, "Only of this namespace");
  flags.text("-o,--output", options->output, "json, name", "format");
  declareListing(flags, options->style);
  return [options](Session& session, const Words& words) {
    KindSchemas schemas(session);
    auto kind = schemas.kindNamed(words[0]);
    std::vector<ObjectCopy> objects;
    int code = 0;
    if (words.size() == 1) {
      objects = session.wait(listObjects(session.client().objects, {kind, "", options->nameSpace}));
    } else {
      code = forEach(Words(words.begin() + 1, words.end()), [&](const std::string& name) {
        objects.push_back(
            session.wait(getObject(session.client().objects, kind, options->nameSpace, name)));
      });
    }
    printObjects(schemas, kind, objects, *options);
    return code;
  };
}

/// Indented "key: value" lines.
void describeInto(std::string& text, const Json& value, size_t indent) {
  for (auto& [key, content] : value.items()) {
    text.append(indent, ' ');
    text += value.is_array() ? "-" : key + ":";
    bool inner = content.is_structured() && !content.empty();
    text += inner
                ? "\n"
                : " " + (content.is_string() ? content.get<std::string>() : content.dump()) + "\n";
    if (inner) describeInto(text, content, indent + 2);
  }
}

Action describe(Flags& flags) {
  auto nameSpace = std::make_shared<std::string>();
  flags.text("-n,--namespace", *nameSpace, "Namespace of the object");
  return [nameSpace](Session& session, const Words& words) {
    KindSchemas schemas(session);
    auto kind = schemas.kindNamed(words[0]);
    auto object = session.wait(getObject(session.client().objects, kind, *nameSpace, words[1]));
    std::string text;
    describeInto(text, objectJson(schemas, object.reader()), 0);
    print(text);
    return 0;
  };
}

Action remove(Flags& flags) {
  auto nameSpace = std::make_shared<std::string>();
  flags.text("-n,--namespace", *nameSpace, "Namespace of the objects");
  return [nameSpace](Session& session, const Words& words) {
    KindSchemas schemas(session);
    auto kind = schemas.kindNamed(words[0]);
    return forEach(Words(words.begin() + 1, words.end()), [&](const std::string& name) {
      auto object = session.wait(getObject(session.client().objects, kind, *nameSpace, name));
      deleteObject(session, kj::mv(object), "stave delete " + kind + " " + name);
      print(name + "\n");
    });
  };
}

struct Reference {
  std::string kind, nameSpace, name;
};

Reference parseReference(KindSchemas& schemas, const Words& words) {
  auto text = words.size() == 2 ? words[0] + "/" + words[1] : words[0];
  auto slash = text.find('/');
  if (slash == std::string::npos)
    throw UsageError("want KIND/NAME or KIND NAME, got \"" + text + "\"");
  return {schemas.kindNamed(text.substr(0, slash)), "", text.substr(slash + 1)};
}

std::string nameOf(schema::ObjectRef::Reader reference) {
  if (reference.getName().size() == 0) return "";
  std::string text = std::string(reference.getKind()) + "/" + reference.getName().cStr();
  if (reference.getRevision() != 0) text += "@" + std::to_string(reference.getRevision());
  return text;
}

Action explain(Flags&) {
  return [](Session& session, const Words& words) {
    KindSchemas schemas(session);
    auto reference = parseReference(schemas, words);
    auto request = session.client().objects.explainRequest();
    auto target = request.initRef();
    target.setKind(reference.kind);
    target.setNamespace(reference.nameSpace);
    target.setName(reference.name);
    auto reply = session.wait(request.send());
    std::string text;
    for (auto step : reply.getSteps()) {
      auto cause = step.getCause();
      text +=
          coloured(nameOf(step.getObject()), Colour::bold) + "  " + step.getSummary().cStr() + "\n";
      text += "  because " + std::string(cause.getActor().cStr()) + ": " + cause.getReason().cStr();
      auto trigger = nameOf(cause.getObject());
      if (!trigger.empty()) text += ", acting on " + trigger;
      text += coloured("  " + isoTime(cause.getTime()), Colour::grey) + "\n";
    }
    for (auto missing : reply.getMissing()) {
      text += coloured("missing: ", Colour::yellow) + missing.cStr() + "\n";
    }
    print(text);
    return 0;
  };
}

Action watch(Flags& flags) {
  struct WatchFlags {
    std::string nameSpace;
    int64_t from = 0;
  };
  auto options = std::make_shared<WatchFlags>();
  flags.text("-n,--namespace", options->nameSpace, "Only of this namespace");
  flags.integer("--from", options->from,
                "Only changes after this revision; 0: the present state first");
  return [options](Session& session, const Words& words) {
    KindSchemas schemas(session);
    auto kind = schemas.kindNamed(words[0]);
    Selection selection{kind, words.size() > 1 ? words[1] : "", options->nameSpace};
    session.wait(watchObjects(session.client().objects, selection, options->from,
                              [&schemas](schema::WatchEvent::Reader event) {
                                bool gone = event.getType() == schema::WatchEvent::Type::REMOVED;
                                Json line{{"type", gone ? "removed" : "put"},
                                          {"object", objectJson(schemas, event.getObject())}};
                                print(line.dump(-1, ' ', false, Json::error_handler_t::replace) +
                                      "\n");
                              }));
    return 0;
  };
}

Action apply(Flags& flags) {
  auto options = std::make_shared<ApplyFlags>();
  flags.texts("-f,--filename", options->files,
              "File of objects: TOML, YAML or JSON; - for standard input", "file");
  flags.toggle("--dry-run", options->dryRun, "Show what would be sent, and send nothing");
  flags.text("-n,--namespace", options->nameSpace, "Namespace of objects that name none");
  return [options](Session& session, const Words&) { return applyFiles(session, *options); };
}

}  // namespace

std::vector<Command> objectCommands() {
  constexpr auto kinds = Completes::kinds;
  return {
      {"apply", "-f FILE [OPTIONS]", "Make objects be as files say, all in one transaction",
       "stave apply -f web.toml\nstave apply -f - --dry-run < stack.yaml", 0, 0, Completes::nothing,
       false, 1, &apply},
      {"get", "[OPTIONS] KIND [NAME...]", "List objects of a kind",
       "stave get pods\nstave get deployment web -o json", 1, anyNumber, kinds, false, 1, &get},
      {"describe", "[OPTIONS] KIND NAME", "Show all about one object", "stave describe pod web", 2,
       2, kinds, false, 1, &describe},
      {"delete", "[OPTIONS] KIND NAME [NAME...]", "Delete objects", "stave delete deployment web",
       2, anyNumber, kinds, false, 1, &remove},
      {"explain", "KIND/NAME", "Show why an object is as it is, and what it waits for",
       "stave explain pod/web", 1, 2, kinds, false, 1, &explain},
      {"watch", "[OPTIONS] KIND [NAME]", "Print changes of objects, one JSON object a line",
       "stave watch pods", 1, 2, kinds, false, 1, &watch},
  };
}

}  // namespace stave::cli
