#include "kernel/plugin/start_order.h"

namespace stave::plugin {

namespace {

/// Any one plug-in of the required kind will do; a requirement with a name wants that one.
std::vector<size_t> providersOf(const std::string& requirement, const std::vector<Needs>& plugins) {
  std::vector<size_t> found;
  for (size_t i = 0; i < plugins.size(); i++) {
    auto& plugin = plugins[i];
    if (requirement == plugin.kind || requirement == plugin.kind + "/" + plugin.name)
      found.push_back(i);
  }
  return found;
}

class CircleFinder {
 public:
  explicit CircleFinder(StartOrder& order)
      : order_(order), marks_(order.before.size(), Mark::unseen) {}

  void run() {
    for (size_t i = 0; i < marks_.size(); i++) visit(i);
  }

 private:
  enum class Mark { unseen, open, done };

  void visit(size_t index) {
    if (marks_[index] != Mark::unseen) return;
    marks_[index] = Mark::open;
    for (auto before : order_.before[index]) {
      if (marks_[before] == Mark::open) {
        order_.impossible.emplace(index, "its requirements go round in a circle");
      }
      visit(before);
    }
    marks_[index] = Mark::done;
  }

  StartOrder& order_;
  std::vector<Mark> marks_;
};

}  // namespace

StartOrder startOrder(const std::vector<Needs>& plugins) {
  StartOrder order;
  order.before.resize(plugins.size());
  for (size_t i = 0; i < plugins.size(); i++) {
    for (auto& requirement : plugins[i].requirements) {
      auto providers = providersOf(requirement, plugins);
      if (providers.empty()) {
        order.impossible.emplace(
            i, "it requires \"" + requirement + "\", and the stack has no such plug-in");
      }
      for (auto provider : providers) {
        if (provider != i) order.before[i].push_back(provider);
      }
    }
  }
  CircleFinder(order).run();
  return order;
}

}  // namespace stave::plugin
