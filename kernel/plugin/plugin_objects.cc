#include "kernel/plugin/plugin_objects.h"

#include <algorithm>

#include "kernel/log/log.h"
#include "stave/error.h"

namespace stave::plugin {

namespace {

void fillTexts(capnp::List<capnp::Text>::Builder list, const std::vector<std::string>& texts) {
  for (size_t i = 0; i < texts.size(); i++) list.set(i, texts[i]);
}

void fillSpec(schema::PluginSpec::Builder spec, const config::PluginConfig& config) {
  spec.setFile(config.file);
  spec.setIsolation(config.isolation);
  spec.setPolicy(config.policy);
  spec.setFallback(config.fallback);
  fillTexts(spec.initGrants(config.grants.size()), config.grants);
  spec.setDeadlineMs(config.deadlineMs);
}

void fillStatus(schema::PluginStatus::Builder status, Supervisor& supervisor) {
  auto& description = supervisor.description();
  status.setState(supervisor.state());
  status.setReason(supervisor.reason());
  status.setLastEnd(supervisor.lastEnd());
  status.setKind(supervisor.config().kind);
  status.setVersion(description.version);
  status.setSummary(description.summary);
  status.setPid(supervisor.pid());
  status.setRestarts(supervisor.restarts());
  status.setLoadedAt(supervisor.loadedAt());
  fillTexts(status.initRequires(description.requirements.size()), description.requirements);
}

void identify(schema::Change::Builder change, const std::string& name) {
  auto metadata = change.initObject().initMetadata();
  metadata.setKind("Plugin");
  metadata.setName(name);
}

}  // namespace

void PluginObjects::update(Supervisor& supervisor) {
  auto name = supervisor.config().fullName();
  auto& pending = pending_[name];
  pending.again = true;
  if (pending.writing) return;
  pending.writing = true;
  tasks_.add(write(supervisor, name));
}

kj::Promise<void> PluginObjects::write(Supervisor& supervisor, std::string name) {
  pending_[name].again = false;
  auto request = objects_.commitRequest();
  auto changes = request.initChanges(1);
  identify(changes[0], name);
  changes[0].setOp(schema::Change::Op::APPLY);
  fillSpec(changes[0].getObject().getSpec().initAs<schema::PluginSpec>(), supervisor.config());
  request.initCause().setReason("the stack's configuration");
  return request.send()
      .then([this, &supervisor, name](auto&&) {
        auto request = objects_.commitRequest();
        auto changes = request.initChanges(1);
        identify(changes[0], name);
        changes[0].setOp(schema::Change::Op::STATUS);
        fillStatus(changes[0].getObject().getStatus().initAs<schema::PluginStatus>(), supervisor);
        request.initCause().setReason(supervisor.reason().empty() ? "its state changed"
                                                                  : supervisor.reason());
        return request.send().ignoreResult();
      })
      .then([this, &supervisor, name]() -> kj::Promise<void> {
        if (pending_[name].again) return write(supervisor, name);
        pending_[name].writing = false;
        return kj::READY_NOW;
      });
}

kj::Promise<void> PluginObjects::removeOthers(std::vector<std::string> names) {
  auto request = objects_.listRequest();
  request.initQuery().setKind("Plugin");
  return request.send().then(
      [this, names = std::move(names)](auto&& response) -> kj::Promise<void> {
        std::vector<std::string> gone;
        for (auto object : response.getObjects()) {
          std::string name(object.getMetadata().getName().cStr());
          if (std::find(names.begin(), names.end(), name) == names.end()) gone.push_back(name);
        }
        if (gone.empty()) return kj::READY_NOW;
        auto request = objects_.commitRequest();
        auto changes = request.initChanges(gone.size());
        for (size_t i = 0; i < gone.size(); i++) {
          identify(changes[i], gone[i]);
          changes[i].setOp(schema::Change::Op::DELETE);
        }
        request.initCause().setReason("not in the stack any more");
        return request.send().ignoreResult();
      });
}

void PluginObjects::taskFailed(kj::Exception&& exception) {
  log(schema::LogLevel::WARNING, "kernel",
      "a plug-in's state could not be recorded: " + textOf(exception));
  pending_.clear();
}

}  // namespace stave::plugin
