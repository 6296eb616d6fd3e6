// Rows for scripts: call, and schema.
#include <stave/error.h>
#include <stave/os/descriptor_reader.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "calls.h"
#include "command.h"
#include "output.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

std::string line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void printLine(const Json& value) {
  print(line(value));
}

Json errorJson(const kj::Exception& exception) {
  return {{"code", std::string(nameOf(codeOf(exception)))}, {"message", textOf(exception)}};
}

/// A conversation in JSON lines on standard input and output.
class Conversation final : public kj::TaskSet::ErrorHandler {
 public:
  explicit Conversation(Session& session)
      : session_(session), caller_(session, printLine), tasks_(*this) {}

  Task<> run();

 private:
  void take(const std::string& text);
  void handle(const Json& request);
  void answer(const Json& id, const kj::Exception& exception) {
    printLine({{"id", id}, {"error", errorJson(exception)}});
  }
  void taskFailed(kj::Exception&& exception) override { complain(textOf(exception)); }

  Session& session_;
  Caller caller_;
  kj::TaskSet tasks_;
};

void Conversation::handle(const Json& request) {
  if (!request.is_object()) fail(ErrorCode::INVALID, "a line must be a JSON object");
  if (request.contains("release")) {
    if (!request["release"].is_number_unsigned())
      fail(ErrorCode::INVALID, "release takes a number");
    caller_.release(request["release"].get<uint64_t>());
    if (request.contains("id")) printLine({{"id", request["id"]}, {"result", Json::object()}});
    return;
  }
  if (!request.contains("call") || !request["call"].is_string()) {
    fail(ErrorCode::INVALID, "\"call\" is missing, as in {\"id\":1,\"call\":\"Kernel.info\"}");
  }
  Json id = request.value("id", Json());
  auto parameters = request.value("params", Json::object());
  auto plugin = request.value("plugin", std::string());
  tasks_.add(
      caller_
          .call(request["call"].get<std::string>(), request.value("on", Json()), parameters, plugin)
          .then(
              [id](Json result) {
                printLine({{"id", id}, {"result", result}});
              },
              [this, id](kj::Exception&& exception) { answer(id, exception); }));
}

void Conversation::take(const std::string& text) {
  if (text.find_first_not_of(" \t\r") == std::string::npos) return;
  Json request = Json::parse(text, nullptr, false);
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 if (request.is_discarded())
                   fail(ErrorCode::INVALID, "not valid JSON: " + text.substr(0, 80));
                 handle(request);
               })) {
    answer(request.is_object() ? request.value("id", Json()) : Json(), *exception);
  }
}

// The end of input ends the conversation once every call was answered; what was held is then
// dropped.
Task<> Conversation::run() {
  constexpr size_t longestLine = 64 << 20;
  os::DescriptorReader reader(session_.io().unixEventPort, STDIN_FILENO);
  std::string buffer;
  for (;;) {
    auto bytes = co_await reader.read();
    if (bytes.empty()) break;
    buffer += bytes;
    size_t begin = 0;
    for (auto end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n', begin)) {
      take(buffer.substr(begin, end - begin));
      begin = end + 1;
    }
    buffer.erase(0, begin);
    if (buffer.size() > longestLine) fail(ErrorCode::EXHAUSTED, "a line is longer than 64 MiB");
  }
  take(buffer);
  co_await tasks_.onEmpty();
}

struct CallFlags {
  bool stdio = false;
  std::string plugin;
};

int callOnce(Session& session, const CallFlags& options, const Words& words) {
  Caller caller(session, printLine);
  auto text = words.size() > 1 ? words[1] : "{}";
  Json parameters = Json::parse(text, nullptr, false);
  if (parameters.is_discarded()) fail(ErrorCode::INVALID, "the parameters are not valid JSON");
  auto result = session.wait(caller.call(words[0], nullptr, parameters, options.plugin));
  print(result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  return 0;
}

Action call(Flags& flags) {
  auto options = std::make_shared<CallFlags>();
  flags.toggle("--stdio", options->stdio,
               "A conversation in JSON lines on standard input and output");
  flags.text("--plugin", options->plugin,
             "Which plug-in, NAME or KIND/NAME (default: the stack's)");
  return [options](Session& session, const Words& words) {
    if (options->stdio) {
      if (!words.empty())
        throw UsageError("--stdio takes no arguments: calls come on standard input");
      Conversation conversation(session);
      session.wait(conversation.run());
      return 0;
    }
    if (words.empty()) throw UsageError("want Interface.method and its parameters as JSON");
    return callOnce(session, *options, words);
  };
}

void printInterface(const Json& description) {
  print("interface " + description["interface"].get<std::string>() + "\n");
  auto list = [](const Json& fields) {
    std::string text;
    for (auto& [name, type] : fields.items()) {
      text += (text.empty() ? "" : ", ") + name + " :" + type.get<std::string>();
    }
    return "(" + text + ")";
  };
  for (auto& [name, method] : description["methods"].items()) {
    print("  " + name + " " + list(method["params"]) + " -> " + list(method["results"]) + "\n");
  }
}

Action schema(Flags& flags) {
  auto json = std::make_shared<bool>(false);
  flags.toggle("--json", *json, "As JSON, an interface a line");
  return [json](Session& session, const Words& words) {
    InterfaceSchemas schemas(session);
    auto names = words.empty() ? schemas.names() : words;
    for (auto& name : names) {
      auto description = schemas.describe(schemas.interface(name));
      *json ? printLine(description) : printInterface(description);
    }
    return 0;
  };
}

}  // namespace

std::vector<Command> scriptCommands() {
  return {
      {"call", "[OPTIONS] INTERFACE.METHOD [JSON] | --stdio",
       "Call any method of the kernel or a plug-in",
       "stave call Kernel.info\nstave call Objects.get "
       "'{\"ref\":{\"kind\":\"Pod\",\"name\":\"web\"}}'\n"
       "echo '{\"id\":1,\"call\":\"Kernel.info\"}' | stave call --stdio",
       0, 2, Completes::nothing, false, 1, &call},
      {"schema", "[OPTIONS] [INTERFACE...]", "List interfaces, their methods and parameters",
       "stave schema Objects", 0, anyNumber, Completes::nothing, false, 1, &schema},
  };
}

}  // namespace stave::cli
