// Rows for volumes.
#include <stave/error.h>
#include <stave/schema/objects/volume.capnp.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "inspect.h"
#include "output.h"
#include "pod_parts.h"
#include "prune.h"
#include "session.h"
#include "table.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

Action list(Flags& flags) {
  auto style = std::make_shared<ListingStyle>();
  declareListing(flags, *style);
  return [style](Session& session, const Words&) {
    static constexpr const char* phases[] = {"pending", "ready", "failed"};
    std::vector<Json> rows;
    for (auto& volume : session.list("Volume")) {
      auto status = volume.status<schema::VolumeStatus>();
      auto spec = volume.spec<schema::VolumeSpec>();
      std::string driver = spec.getDriver();
      rows.push_back({{"Name", volume.name()},
                      {"Driver", driver.empty() ? "local" : driver},
                      {"Mountpoint", status.getPath().cStr()},
                      {"Status", phases[int(status.getPhase())]},
                      {"Anonymous", spec.getAnonymous()},
                      {"Links", status.getUsedBy().size()},
                      {"CreatedAt", localTime(volume.metadata().getCreated())}});
    }
    print(renderListing(rows, {{"DRIVER", "Driver"}, {"VOLUME NAME", "Name"}, {"USED BY", "Links"}},
                        "Name", *style));
    return 0;
  };
}

struct VolumeFlags {
  std::string driver, name;
  std::vector<std::string> options, labels;
};

Action create(Flags& flags) {
  auto given = std::make_shared<VolumeFlags>();
  flags.text("-d,--driver", given->driver, "Volume plug-in (default: the stack's)");
  flags.text("--name", given->name, "Its name; the argument is the same");
  flags.texts("-o,--opt", given->options, "Option of the plug-in, NAME=VALUE");
  flags.texts("--label", given->labels, "Set a label, NAME=VALUE");
  return [given](Session& session, const Words& words) {
    auto name = words.empty() ? given->name : words[0];
    bool anonymous = name.empty();
    ObjectCopy volume;
    auto metadata = volume.builder().initMetadata();
    metadata.setKind("Volume");
    metadata.setName(anonymous ? inventName() : name);
    auto labels = pairsOf(given->labels, "--label");
    copyPairs(labels, metadata.initLabels(labels.size()));
    auto spec = volume.builder().initSpec().initAs<schema::VolumeSpec>();
    spec.setDriver(given->driver);
    spec.setAnonymous(anonymous);
    auto options = pairsOf(given->options, "--opt");
    copyPairs(options, spec.initOptions(options.size()));
    Transaction transaction(session.client().objects, "stave volume create " + volume.name());
    transaction.add(schema::Change::Op::APPLY, volume);  // as docker: the same again is no error
    session.wait(transaction.commit());
    print(volume.name() + "\n");
    return 0;
  };
}

Action inspect(Flags& flags) {
  return makeInspectOf(flags, "Volume");
}
Action remove(Flags& flags) {
  return makeDeleteOf(flags, "Volume");
}

Action prune(Flags& flags) {
  auto all = std::make_shared<bool>(false);
  flags.toggle("-a,--all", *all, "Also those with a name");
  return makePrune(flags, [all](schema::PruneWhat::Builder what) {
    what.setVolumes(true);
    what.setAllVolumes(*all);
  });
}

}  // namespace

std::vector<Command> volumeCommands() {
  constexpr auto named = Completes::volumes;
  return {
      {"volume ls", "[OPTIONS]", "List volumes", "stave volume ls", 0, 0, Completes::nothing, false,
       1, &list},
      {"volume create", "[OPTIONS] [NAME]", "Make a volume", "stave volume create data", 0, 1,
       Completes::nothing, false, 1, &create},
      {"volume rm", "[OPTIONS] NAME [NAME...]", "Remove volumes", "stave volume rm data", 1,
       anyNumber, named, false, 1, &remove},
      {"volume inspect", "[OPTIONS] NAME [NAME...]", "Show all about volumes",
       "stave volume inspect data", 1, anyNumber, named, false, 1, &inspect},
      {"volume prune", "[OPTIONS]", "Remove volumes that nothing uses", "stave volume prune -a", 0,
       0, Completes::nothing, false, 1, &prune},
  };
}

}  // namespace stave::cli
