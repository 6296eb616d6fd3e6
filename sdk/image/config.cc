#include <stave/error.h>
#include <stave/image/config.h>
#include <stave/image/digest.h>

#include <nlohmann/json.hpp>

#include "object_reader.h"

namespace stave::image {

using Json = nlohmann::json;

namespace {

Healthcheck readHealthcheck(const ObjectReader& document) {
  Healthcheck result;
  result.test = document.texts("Test");
  result.interval = document.numberOr("Interval", 0);
  result.timeout = document.numberOr("Timeout", 0);
  result.startPeriod = document.numberOr("StartPeriod", 0);
  result.startInterval = document.numberOr("StartInterval", 0);
  result.retries = document.numberOr("Retries", 0);
  return result;
}

RunConfig readRunConfig(const ObjectReader& document) {
  RunConfig result;
  result.user = document.textOr("User", "");
  result.environment = document.texts("Env");
  result.entrypoint = document.texts("Entrypoint");
  result.command = document.texts("Cmd");
  result.workingDirectory = document.textOr("WorkingDir", "");
  result.exposedPorts = document.keys("ExposedPorts");
  result.volumes = document.keys("Volumes");
  result.labels = document.textMap("Labels");
  result.stopSignal = document.textOr("StopSignal", "");
  result.stopTimeout = document.numberOr("StopTimeout", 0);
  result.shell = document.texts("Shell");
  result.onBuild = document.texts("OnBuild");
  if (document.has("Healthcheck"))
    result.healthcheck = readHealthcheck(document.object("Healthcheck"));
  return result;
}

History readHistory(const ObjectReader& document) {
  History result;
  result.created = document.textOr("created", "");
  result.createdBy = document.textOr("created_by", "");
  result.author = document.textOr("author", "");
  result.comment = document.textOr("comment", "");
  result.emptyLayer = document.flagOr("empty_layer", false);
  return result;
}

void put(Json& json, const char* member, const std::string& text) {
  if (!text.empty()) json[member] = text;
}

void put(Json& json, const char* member, int64_t number) {
  if (number != 0) json[member] = number;
}

void put(Json& json, const char* member, const std::vector<std::string>& texts) {
  if (!texts.empty()) json[member] = texts;
}

void putSet(Json& json, const char* member, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) json[member][key] = Json::object();
}

Json describe(const Healthcheck& check) {
  Json json = Json::object();
  put(json, "Test", check.test);
  put(json, "Interval", check.interval);
  put(json, "Timeout", check.timeout);
  put(json, "StartPeriod", check.startPeriod);
  put(json, "StartInterval", check.startInterval);
  put(json, "Retries", check.retries);
  return json;
}

Json describe(const RunConfig& run) {
  Json json = Json::object();
  put(json, "User", run.user);
  put(json, "Env", run.environment);
  put(json, "Entrypoint", run.entrypoint);
  put(json, "Cmd", run.command);
  put(json, "WorkingDir", run.workingDirectory);
  putSet(json, "ExposedPorts", run.exposedPorts);
  putSet(json, "Volumes", run.volumes);
  if (!run.labels.empty()) json["Labels"] = run.labels;
  put(json, "StopSignal", run.stopSignal);
  put(json, "StopTimeout", run.stopTimeout);
  put(json, "Shell", run.shell);
  put(json, "OnBuild", run.onBuild);
  if (run.healthcheck) json["Healthcheck"] = describe(*run.healthcheck);
  return json;
}

Json describe(const History& history) {
  Json json = Json::object();
  put(json, "created", history.created);
  put(json, "created_by", history.createdBy);
  put(json, "author", history.author);
  put(json, "comment", history.comment);
  if (history.emptyLayer) json["empty_layer"] = true;
  return json;
}

}  // namespace

ImageConfig parseConfig(std::string_view bytes, std::string_view what) {
  Json json = parseDocument(bytes, what);
  ObjectReader document(json, std::string(what));
  ImageConfig result;
  result.platform = {document.textOr("os", ""), document.textOr("architecture", ""),
                     document.textOr("variant", "")};
  result.created = document.textOr("created", "");
  result.author = document.textOr("author", "");
  if (document.has("config")) result.run = readRunConfig(document.object("config"));
  ObjectReader rootfs = document.object("rootfs");
  if (rootfs.text("type") != "layers") rootfs.refuse("type", "is not \"layers\"");
  result.diffIds = rootfs.texts("diff_ids");
  for (const std::string& diffId : result.diffIds) parseDigest(diffId, rootfs.path() + ".diff_ids");
  if (document.has("history")) {
    for (const ObjectReader& entry : document.objects("history")) {
      result.history.push_back(readHistory(entry));
    }
  }
  return result;
}

std::string write(const ImageConfig& config) {
  Json json = {{"os", config.platform.os},
               {"architecture", config.platform.architecture},
               {"config", describe(config.run)},
               {"rootfs", {{"type", "layers"}, {"diff_ids", config.diffIds}}}};
  put(json, "variant", config.platform.variant);
  put(json, "created", config.created);
  put(json, "author", config.author);
  for (const History& entry : config.history) json["history"].push_back(describe(entry));
  return json.dump();
}

std::vector<std::string> chainIds(const std::vector<std::string>& diffIds) {
  std::vector<std::string> result;
  for (const std::string& diffId : diffIds) {
    result.push_back(result.empty() ? diffId : digestOf(result.back() + " " + diffId));
  }
  return result;
}

}  // namespace stave::image
