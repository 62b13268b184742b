// What the files of the bridge share: the value that crosses the border, and how an error crosses it.
#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>
#include <torch/version.h>

// libtorch has the standard's optional since 2.3, and one of its own before.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
#include <optional>
template <typename T>
using Optional = std::optional<T>;
#else
#include <c10/util/Optional.h>
template <typename T>
using Optional = c10::optional<T>;
#endif

#define FG_API extern "C" __attribute__((visibility("default")))

enum class Kind : int32_t {
  None = 0,
  Tensor = 1,              // p: at::Tensor*
  Int = 2,
  Double = 3,
  Bool = 4,
  Ints = 5,                // p: int64_t[count]
  Doubles = 6,             // p: double[count]
  Tensors = 7,             // p: at::Tensor*[count]
  OptionalTensors = 8,     // p: at::Tensor*[count], null where there is none
  Text = 9,                // p: char[count]
  Device = 10,             // i: type, count: index
  Generator = 11,          // p: at::Generator*
  Default = 12,            // what the schema says
  Bools = 13,              // p: bool[count]
  Complex = 14,            // p: double[2]
};

// One argument or result of an operator. 16 bytes, the same on both sides (Interop/Value.cs).
struct Value {
  Kind kind;
  int32_t count;  // length of a list; index of a device
  union {
    int64_t i;
    double d;
    void* p;
  };
};

void set_error(std::string message);
std::string describe_current_exception();

inline at::Tensor& tensor(void* handle) { return *static_cast<at::Tensor*>(handle); }
inline void* handle(at::Tensor&& t) { return t.defined() ? new at::Tensor(std::move(t)) : nullptr; }

// Every exported function that can fail runs its body here: no exception may reach the runtime of the caller.
template <typename Result, typename Body>
Result guarded(Result failed, Body&& body) {
  try {
    return body();
  } catch (...) {
    set_error(describe_current_exception());
    return failed;
  }
}

// The same for a body without a result: 0 is success.
template <typename Body>
int32_t attempted(Body&& body) {
  return guarded(int32_t{1}, [&] {
    body();
    return int32_t{0};
  });
}
