// Rows for images.
#include <stave/error.h>
#include <stave/schema/objects/image.capnp.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "archive_streams.h"
#include "command.h"
#include "image_pull.h"
#include "inspect.h"
#include "output.h"
#include "progress.h"
#include "session.h"
#include "syntax.h"
#include "table.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

constexpr size_t shortId = 12;

std::string idText(const std::string& digest, bool full) {
  auto colon = digest.find(':');
  return full || colon == std::string::npos ? digest : digest.substr(colon + 1, shortId);
}

/// "docker.io/library/debian:12" as docker shows it: "debian" and "12".
std::pair<std::string, std::string> familiar(std::string name) {
  if (name.compare(0, 7, "sha256:") == 0) return {"<none>", "<none>"};
  for (std::string prefix : {"docker.io/library/", "docker.io/"}) {
    if (name.compare(0, prefix.size(), prefix) == 0) {
      name.erase(0, prefix.size());
      break;
    }
  }
  auto at = name.find('@');
  if (at != std::string::npos) return {name.substr(0, at), "<none>"};
  auto colon = name.rfind(':');
  bool tagged = colon != std::string::npos && name.find('/', colon) == std::string::npos;
  if (!tagged) return {name, "<none>"};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

Json imageRow(const ObjectCopy& image, bool full) {
  static constexpr const char* phases[] = {"pending", "pulling", "ready", "failed"};
  auto status = image.status<schema::ImageStatus>();
  auto [repository, tag] = familiar(image.name());
  auto created = status.getCreated() != 0 ? status.getCreated() : image.metadata().getCreated();
  return {{"ID", idText(status.getConfigDigest().cStr(), full)},
          {"Repository", repository},
          {"Tag", tag},
          {"Digest", status.getManifestDigest().cStr()},
          {"CreatedAt", localTime(created)},
          {"CreatedSince", humanDuration((nowNanoseconds() - created) / 1'000'000'000) + " ago"},
          {"Size", humanBytes(double(status.getSize()))},
          {"Status", phases[int(status.getPhase())]},
          {"Name", image.name()}};
}

struct ImagesFlags {
  bool all = false, full = false, digests = false;
  std::vector<std::string> filters;
  ListingStyle style;
};

bool isShown(const Json& row, const Words& words, const std::vector<std::string>& filters) {
  auto& name = row.at("Name").get_ref<const std::string&>();
  std::string familiarName = row.at("Repository").get<std::string>();
  if (!words.empty()) {
    bool named = words[0] == familiarName || words[0] == name ||
                 words[0] == familiarName + ":" + row.at("Tag").get<std::string>();
    if (!named) return false;
  }
  for (auto& filter : filters) {
    auto [key, value] = parsePair(filter, "--filter");
    if (key == "reference") {
      if (name.find(value.value_or("")) == std::string::npos) return false;
    } else if (key == "dangling") {
      if ((familiarName == "<none>") != (value == "true")) return false;
    } else {
      failFlag("--filter", filter, "there are reference and dangling");
    }
  }
  return true;
}

Action images(Flags& flags) {
  auto options = std::make_shared<ImagesFlags>();
  flags.toggle("-a,--all", options->all, "Accepted; all are shown anyway");
  flags.toggle("--no-trunc", options->full, "Shorten nothing");
  flags.toggle("--digests", options->digests, "With digests");
  flags.texts("-f,--filter", options->filters, "Only those with KEY=VALUE", "filter");
  declareListing(flags, options->style);
  return [options](Session& session, const Words& words) {
    std::vector<Json> rows;
    for (auto& image : session.list("Image")) {
      auto row = imageRow(image, options->full);
      if (isShown(row, words, options->filters)) rows.push_back(std::move(row));
    }
    std::vector<Column> columns{{"REPOSITORY", "Repository"}, {"TAG", "Tag"}};
    if (options->digests) columns.push_back({"DIGEST", "Digest"});
    columns.insert(columns.end(),
                   {{"IMAGE ID", "ID"}, {"CREATED", "CreatedSince"}, {"SIZE", "Size"}});
    print(renderListing(rows, columns, "ID", options->style));
    return 0;
  };
}

struct CredentialFlags {
  bool quiet = false, all = false;
  std::string username, password;
};

Action push(Flags& flags) {
  auto options = std::make_shared<CredentialFlags>();
  flags.toggle("-q,--quiet", options->quiet, "Show no progress");
  flags.text("-u,--username", options->username, "Name at the registry");
  flags.text("-p,--password", options->password, "Password there; better in $STAVE_PASSWORD");
  return [options](Session& session, const Words& words) {
    ProgressView view(options->quiet);
    auto request = session.client().engine().pushRequest();
    request.setImage(words[0]);
    if (words.size() > 1) request.setTarget(words[1]);
    auto fromEnvironment = ::getenv("STAVE_PASSWORD");
    if (!options->username.empty()) {
      auto credentials = request.initCredentials();
      credentials.setUsername(options->username);
      bool given = !options->password.empty() || fromEnvironment == nullptr;
      credentials.setPassword(given ? options->password : fromEnvironment);
    }
    request.setProgress(newProgressSink(view));
    auto reply = session.wait(request.send());
    print(std::string(reply.getDigest().cStr()) + "\n");
    return 0;
  };
}

std::string resolved(Session& session, const std::string& word) {
  auto request = session.client().engine().resolveImageRequest();
  request.setReference(word);
  return session.wait(request.send()).getName();
}

Action removeImage(Flags& flags) {
  auto force = std::make_shared<bool>(false);
  flags.toggle("-f,--force", *force, "Also what containers use");
  return [force](Session& session, const Words& words) {
    return forEach(words, [&](const std::string& word) {
      auto name = resolved(session, word);
      auto check = session.client().engine().checkImageUnusedRequest();
      check.setImage(name);
      auto users = session.wait(check.send()).getPods();
      if (users.size() > 0 && !*force) {
        fail(ErrorCode::CONFLICT, "cannot remove image " + word + ": container " +
                                      std::string(users[0].cStr()) + " uses it; use --force");
      }
      Transaction transaction(session.client().objects, "stave rmi " + word);
      transaction.add(schema::Change::Op::DELETE, newImage(name));
      session.wait(transaction.commit());
      print("Untagged: " + name + "\n");
    });
  };
}

Action tag(Flags&) {
  return [](Session& session, const Words& words) {
    auto source = session.find("Image", resolved(session, words[0]));
    auto status = source.status<schema::ImageStatus>();
    if (status.getManifestDigest().size() == 0) {
      fail(ErrorCode::UNAVAILABLE, "image " + words[0] + " is not there yet");
    }
    auto image = newImage(normalized(session, words[1]));
    image.specBuilder<schema::ImageSpec>().setDigest(status.getManifestDigest());
    Transaction transaction(session.client().objects, "stave tag " + words[0] + " " + words[1]);
    transaction.add(schema::Change::Op::APPLY, image);
    session.wait(transaction.commit());
    return 0;
  };
}

Action save(Flags& flags) {
  struct SaveFlags {
    std::string file, format = "docker";
  };
  auto options = std::make_shared<SaveFlags>();
  flags.text("-o,--output", options->file, "Write to this file instead of standard output", "file");
  flags.text("--format", options->format, "docker (default) or oci");
  return [options](Session& session, const Words& words) {
    auto request = session.client().engine().saveImagesRequest();
    auto names = request.initImages(words.size());
    for (unsigned i = 0; i < words.size(); ++i) names.set(i, words[i]);
    bool oci = options->format == "oci";
    if (!oci && options->format != "docker")
      failFlag("--format", options->format, "want docker or oci");
    request.setFormat(oci ? schema::ArchiveFormat::OCI : schema::ArchiveFormat::DOCKER);
    receiveArchive(session, options->file, [&request](schema::ByteStream::Client sink) {
      request.setSink(kj::mv(sink));
      return request.send().ignoreResult();
    });
    return 0;
  };
}

void printLoaded(Session& session, schema::LoadResult::Client result) {
  auto reply = session.wait(result.imagesRequest().send());
  for (auto name : reply.getNames()) print("Loaded image: " + std::string(name.cStr()) + "\n");
  if (reply.getNames().size() > 0) return;
  for (auto id : reply.getIds()) print("Loaded image ID: " + std::string(id.cStr()) + "\n");
}

Action load(Flags& flags) {
  auto file = std::make_shared<std::string>();
  auto quiet = std::make_shared<bool>(false);
  flags.text("-i,--input", *file, "Read this file instead of standard input", "file");
  flags.toggle("-q,--quiet", *quiet, "Show no progress");
  return [file, quiet](Session& session, const Words&) {
    ProgressView view(*quiet);
    auto request = session.client().engine().loadImagesRequest();
    request.setProgress(newProgressSink(view));
    auto reply = request.send();
    auto result = reply.getResult();
    sendArchive(session, *file, reply.getSink());
    printLoaded(session, kj::mv(result));
    return 0;
  };
}

Action import(Flags& flags) {
  struct ImportFlags {
    std::vector<std::string> changes;
    std::string message;
  };
  auto options = std::make_shared<ImportFlags>();
  flags.texts("-c,--change", options->changes, "Dockerfile instruction to apply");
  flags.text("-m,--message", options->message, "Message");
  return [options](Session& session, const Words& words) {
    auto request = session.client().engine().importImageRequest();
    if (words.size() > 1) request.setReference(words[1]);
    request.setMessage(options->message);
    auto changes = request.initChanges(options->changes.size());
    for (unsigned i = 0; i < changes.size(); ++i) changes.set(i, options->changes[i]);
    auto reply = request.send();
    auto result = reply.getResult();
    sendArchive(session, words[0], reply.getSink());
    auto loaded = session.wait(result.imagesRequest().send());
    for (auto id : loaded.getIds()) print(std::string(id.cStr()) + "\n");
    return 0;
  };
}

Action history(Flags& flags) {
  auto style = std::make_shared<ListingStyle>();
  auto full = std::make_shared<bool>(false);
  flags.toggle("--no-trunc", *full, "Shorten nothing");
  declareListing(flags, *style);
  return [style, full](Session& session, const Words& words) {
    auto request = session.client().engine().historyRequest();
    request.setImage(words[0]);
    auto reply = session.wait(request.send());
    std::vector<Json> rows;
    for (auto entry : reply.getEntries()) {
      std::string by = entry.getCreatedBy();
      constexpr size_t room = 45;
      if (!*full && by.size() > room) by = by.substr(0, room - 1) + "…";
      std::string id = entry.getImageId();
      auto age = humanDuration((nowNanoseconds() - entry.getCreated()) / 1'000'000'000);
      rows.push_back({{"ID", id.empty() ? "<missing>" : idText(id, *full)},
                      {"CreatedSince", entry.getCreated() == 0 ? "" : age + " ago"},
                      {"CreatedAt", localTime(entry.getCreated())},
                      {"CreatedBy", by},
                      {"Size", humanBytes(double(entry.getSize()))},
                      {"Comment", entry.getComment().cStr()}});
    }
    print(renderListing(rows,
                        {{"IMAGE", "ID"},
                         {"CREATED", "CreatedSince"},
                         {"CREATED BY", "CreatedBy"},
                         {"SIZE", "Size"},
                         {"COMMENT", "Comment"}},
                        "ID", *style));
    return 0;
  };
}

Action inspectImages(Flags& flags) {
  auto format = std::make_shared<std::string>();
  flags.text("-f,--format", *format, "A template, or json", "format");
  return [format](Session& session, const Words& words) {
    std::vector<Json> objects;
    int code = forEach(words, [&](const std::string& word) {
      objects.push_back(inspectAs(session, word, "image"));
    });
    printInspected(objects, *format);
    return code;
  };
}

}  // namespace

std::vector<Command> imageCommands() {
  constexpr auto named = Completes::images;
  constexpr auto many = anyNumber;
  return {
      {"images", "[OPTIONS] [REPOSITORY[:TAG]]", "List images",
       "stave images\nstave images -q debian", 0, 1, named, false, 1, &images},
      {"pull", "[OPTIONS] NAME[:TAG|@DIGEST]", "Fetch an image, or look for a newer one",
       "stave pull debian:12", 1, 1, named, false, 1, &pull},
      {"push", "[OPTIONS] IMAGE [TARGET]", "Send an image to a registry",
       "stave push registry.example/web:2", 1, 2, named, false, 1, &push},
      {"rmi", "[OPTIONS] IMAGE [IMAGE...]", "Remove images", "stave rmi debian:11", 1, many, named,
       false, 1, &removeImage},
      {"tag", "IMAGE NAME", "Give an image another name", "stave tag debian:12 my/base:1", 2, 2,
       named, false, 1, &tag},
      {"save", "[OPTIONS] IMAGE [IMAGE...]", "Write images as an archive",
       "stave save -o images.tar web db", 1, many, named, false, 1, &save},
      {"load", "[OPTIONS]", "Read images from an archive", "stave load -i images.tar", 0, 0,
       Completes::nothing, false, 1, &load},
      {"import", "[OPTIONS] FILE|- [REFERENCE]", "Make an image of a tar of files",
       "stave import -c 'CMD [\"/bin/sh\"]' root.tar my/root", 1, 2, Completes::files, false, 1,
       &import},
      {"history", "[OPTIONS] IMAGE", "Show how an image was made", "stave history debian:12", 1, 1,
       named, false, 1, &history},
      {"image inspect", "[OPTIONS] IMAGE [IMAGE...]", "Show all about images",
       "stave image inspect debian:12", 1, many, named, false, 1, &inspectImages},
  };
}

}  // namespace stave::cli
