#include "inspect.h"

#include <stave/error.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "container_view.h"
#include "object_json.h"
#include "output.h"
#include "template.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

struct InspectFlags {
  std::string format, type;
  bool size = false;
};

/// Something that may be what the name means; nothing if it is not there.
template <typename Function>
bool attempt(Function&& function) {
  bool found = false;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 function();
                 found = true;
               })) {
    auto code = codeOf(*exception);
    bool isNot = code == ErrorCode::NOT_FOUND || code == ErrorCode::INVALID;
    if (!isNot) kj::throwFatalException(kj::mv(*exception));
  }
  return found;
}

Json inspectImage(Session& session, const std::string& word) {
  auto request = session.client().engine().resolveImageRequest();
  request.setReference(word);
  std::string name = session.wait(request.send()).getName();
  return objectJson(session, session.find("Image", name).reader());
}

}  // namespace

Json inspectAs(Session& session, const std::string& word, const std::string& type) {
  Json result;
  auto wanted = [&type](const char* kind) { return type.empty() || type == kind; };
  bool found = wanted("container") &&
               attempt([&]() { result = containerInspection(session.findPod(word)); });
  found = found || (wanted("image") && attempt([&]() { result = inspectImage(session, word); }));
  for (auto [name, kind] :
       {std::pair{"network", "Network"}, {"volume", "Volume"}, {"plugin", "Plugin"}}) {
    found = found || (wanted(name) && attempt([&, kind = kind]() {
                        result = objectJson(session, session.find(kind, word).reader());
                      }));
  }
  if (!found)
    fail(ErrorCode::NOT_FOUND, "no such " + (type.empty() ? "object" : type) + ": " + word);
  return result;
}

void printInspected(const std::vector<Json>& objects, const std::string& format) {
  if (format.empty() || format == "json") {
    print(Json(objects).dump(format.empty() ? 4 : -1, ' ', false, Json::error_handler_t::replace) +
          "\n");
    return;
  }
  Template line(format);
  for (auto& object : objects) print(line.render(object) + "\n");
}

Action makeInspect(Flags& flags) {
  auto options = std::make_shared<InspectFlags>();
  flags.text("-f,--format", options->format, "A template, or json", "format");
  flags.text("--type", options->type, "container, image, network, volume or plugin");
  flags.toggle("-s,--size", options->size, "Accepted; sizes are in `system df`");
  return [options](Session& session, const Words& words) {
    std::vector<Json> objects;
    int code = forEach(words, [&](const std::string& word) {
      objects.push_back(inspectAs(session, word, options->type));
    });
    printInspected(objects, options->format);
    return code;
  };
}

Action makeInspectOf(Flags& flags, const char* kind) {
  auto format = std::make_shared<std::string>();
  flags.text("-f,--format", *format, "A template, or json", "format");
  return [format, kind](Session& session, const Words& words) {
    std::vector<Json> objects;
    int code = forEach(words, [&](const std::string& word) {
      objects.push_back(objectJson(session, session.find(kind, word).reader()));
    });
    printInspected(objects, *format);
    return code;
  };
}

}  // namespace stave::cli
