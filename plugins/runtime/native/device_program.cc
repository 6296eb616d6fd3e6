#include "device_program.h"

#include <linux/bpf.h>

#include <cstddef>

namespace stave::native {

namespace {

enum Register : uint8_t {
  result = 0,
  context = 1,
  type = 2,
  access = 3,
  major = 4,
  minor = 5,
  work = 6
};

using Instruction = os::BpfInstruction;

Instruction loadWord(Register target, size_t offset) {
  return {BPF_LDX | BPF_W | BPF_MEM, static_cast<uint8_t>(context << 4 | target),
          static_cast<int16_t>(offset), 0};
}
Instruction copy(Register target, Register source) {
  return {BPF_ALU64 | BPF_MOV | BPF_X, static_cast<uint8_t>(source << 4 | target), 0, 0};
}
Instruction compute(uint8_t operation, Register target, int32_t value) {
  return {static_cast<uint8_t>(BPF_ALU64 | operation | BPF_K), target, 0, value};
}
Instruction skipUnlessEqual(Register left, int32_t value, int16_t count) {
  return {BPF_JMP | BPF_JNE | BPF_K, left, count, value};
}
Instruction leave() {
  return {BPF_JMP | BPF_EXIT, 0, 0, 0};
}

int accessMask(const std::string& permissions) {
  int mask = 0;
  if (permissions.find('r') != std::string::npos) mask |= BPF_DEVCG_ACC_READ;
  if (permissions.find('w') != std::string::npos) mask |= BPF_DEVCG_ACC_WRITE;
  if (permissions.find('m') != std::string::npos) mask |= BPF_DEVCG_ACC_MKNOD;
  return mask;
}

/// Tests that lead over the end of the rule when they fail; their distances are filled in
/// afterwards.
void addRule(std::vector<Instruction>& program, const DeviceRule& rule) {
  size_t begin = program.size();
  if (rule.type != 'a') {
    int wanted = rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
    program.push_back(skipUnlessEqual(type, wanted, 0));
  }
  int mask = accessMask(rule.permissions);
  constexpr int everything = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD;
  if (mask != everything) {
    program.push_back(copy(work, access));
    program.push_back(compute(BPF_AND, work, everything & ~mask));
    program.push_back(skipUnlessEqual(work, 0, 0));
  }
  if (rule.major >= 0) program.push_back(skipUnlessEqual(major, rule.major, 0));
  if (rule.minor >= 0) program.push_back(skipUnlessEqual(minor, rule.minor, 0));
  program.push_back(compute(BPF_MOV, result, 1));
  program.push_back(leave());
  for (size_t at = begin; at < program.size(); at++) {
    bool test = program[at].code == (BPF_JMP | BPF_JNE | BPF_K);
    if (test) program[at].offset = static_cast<int16_t>(program.size() - at - 1);
  }
}

}  // namespace

std::vector<Instruction> deviceProgram(const std::vector<DeviceRule>& allowed) {
  std::vector<Instruction> program = {
      loadWord(type, offsetof(bpf_cgroup_dev_ctx, access_type)),
      compute(BPF_AND, type, 0xffff),
      loadWord(access, offsetof(bpf_cgroup_dev_ctx, access_type)),
      compute(BPF_RSH, access, 16),
      loadWord(major, offsetof(bpf_cgroup_dev_ctx, major)),
      loadWord(minor, offsetof(bpf_cgroup_dev_ctx, minor)),
  };
  for (auto& rule : allowed) addRule(program, rule);
  program.push_back(compute(BPF_MOV, result, 0));
  program.push_back(leave());
  return program;
}

}  // namespace stave::native
