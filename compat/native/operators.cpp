// Calls any ATen operator by its schema name. An operator is looked up once; the caller keeps what fg_find_op returns.
#include "bridge.h"

#include <cstdlib>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

namespace {

struct Operator {
  c10::OperatorHandle op;
  std::vector<char> takes_float;  // an int given for a float argument is converted, as Python does
  std::vector<c10::IValue> defaults;
};

bool is_float(c10::TypePtr type) {
  if (auto optional = type->cast<c10::OptionalType>()) {
    type = optional->getElementType();
  }
  return type->kind() == c10::TypeKind::FloatType;
}

c10::List<at::Tensor> tensor_list(const Value& v) {
  auto handles = static_cast<void**>(v.p);
  c10::List<at::Tensor> list;
  list.reserve(v.count);
  for (int32_t i = 0; i < v.count; i++) {
    list.push_back(tensor(handles[i]));
  }
  return list;
}

c10::IValue optional_tensor_list(const Value& v) {
  auto handles = static_cast<void**>(v.p);
  c10::List<Optional<at::Tensor>> list;
  list.reserve(v.count);
  for (int32_t i = 0; i < v.count; i++) {
    list.push_back(handles[i] ? Optional<at::Tensor>(tensor(handles[i])) : Optional<at::Tensor>());
  }
  return c10::IValue(std::move(list));
}

template <typename T>
c10::IValue number_list(const Value& v) {
  auto numbers = static_cast<const T*>(v.p);
  c10::List<T> list;
  list.reserve(v.count);
  for (int32_t i = 0; i < v.count; i++) {
    list.push_back(numbers[i]);
  }
  return c10::IValue(std::move(list));
}

c10::IValue to_ivalue(const Operator& op, size_t position, const Value& v) {
  switch (v.kind) {
    case Kind::None: return c10::IValue();
    case Kind::Tensor: return c10::IValue(tensor(v.p));
    case Kind::Int: return op.takes_float[position] ? c10::IValue(static_cast<double>(v.i)) : c10::IValue(v.i);
    case Kind::Double: return c10::IValue(v.d);
    case Kind::Bool: return c10::IValue(v.i != 0);
    case Kind::Ints: return number_list<int64_t>(v);
    case Kind::Doubles: return number_list<double>(v);
    case Kind::Bools: return number_list<bool>(v);
    case Kind::Tensors: return c10::IValue(tensor_list(v));
    case Kind::OptionalTensors: return optional_tensor_list(v);
    case Kind::Text: return c10::IValue(std::string(static_cast<char*>(v.p), v.count));
    case Kind::Device: return c10::IValue(c10::Device(static_cast<c10::DeviceType>(v.i), static_cast<c10::DeviceIndex>(v.count)));
    case Kind::Generator: return c10::IValue(*static_cast<at::Generator*>(v.p));
    case Kind::Default: return op.defaults[position];
    case Kind::Complex: return c10::IValue(c10::complex<double>(static_cast<double*>(v.p)[0], static_cast<double*>(v.p)[1]));
    default: throw std::runtime_error("argument " + std::to_string(position) + " has an unknown kind " + std::to_string(static_cast<int32_t>(v.kind)));
  }
}

Value of_tensor(at::Tensor&& t) {
  Value v{};
  v.kind = Kind::Tensor;
  v.p = handle(std::move(t));
  return v;
}

Value of_ivalue(c10::IValue&& value) {
  Value v{};
  if (value.isTensor()) {
    return of_tensor(std::move(value).toTensor());
  }
  if (value.isInt()) {
    v.kind = Kind::Int;
    v.i = value.toInt();
  } else if (value.isDouble()) {
    v.kind = Kind::Double;
    v.d = value.toDouble();
  } else if (value.isBool()) {
    v.kind = Kind::Bool;
    v.i = value.toBool();
  } else if (value.isTensorList()) {
    auto list = std::move(value).toTensorVector();
    auto handles = static_cast<void**>(std::malloc(sizeof(void*) * (list.empty() ? 1 : list.size())));
    for (size_t i = 0; i < list.size(); i++) {
      handles[i] = handle(std::move(list[i]));
    }
    v.kind = Kind::Tensors;
    v.count = static_cast<int32_t>(list.size());
    v.p = handles;
  } else if (!value.isNone()) {
    throw std::runtime_error("the operator returned a " + value.tagKind() + ", which the bridge does not carry");
  }
  return v;
}

// One stack a thread: a call then needs no memory of its own. Emptied before every call, since a failed one leaves
// its arguments behind. An operator that calls back into the bridge finds the stack taken and makes its own.
struct BorrowedStack {
  BorrowedStack() : own(taken) {
    if (!own) {
      taken = true;
    }
  }
  ~BorrowedStack() {
    get().clear();
    if (!own) {
      taken = false;
    }
  }
  torch::jit::Stack& get() { return own ? mine : shared; }

  bool own;
  torch::jit::Stack mine;
  static thread_local torch::jit::Stack shared;
  static thread_local bool taken;
};

thread_local torch::jit::Stack BorrowedStack::shared;
thread_local bool BorrowedStack::taken = false;

}  // namespace

FG_API void* fg_find_op(const char* name, const char* overload) {
  return guarded(static_cast<void*>(nullptr), [&]() -> void* {
    auto op = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!op.has_value()) {
      throw std::runtime_error(std::string("libtorch has no operator '") + name + (*overload ? "." : "") + overload + "'");
    }
    auto found = new Operator{*op, {}, {}};
    for (auto& argument : op->schema().arguments()) {
      found->takes_float.push_back(is_float(argument.type()));
      found->defaults.push_back(argument.default_value().has_value() ? *argument.default_value() : c10::IValue());
    }
    return found;
  });
}

// Arguments left out at the end have the schema's defaults. Results that the caller has no room for are dropped.
FG_API int32_t fg_call(void* op_handle, const Value* arguments, int32_t count, Value* results, int32_t room) {
  return attempted([&] {
    auto& op = *static_cast<Operator*>(op_handle);
    BorrowedStack borrowed;
    auto& stack = borrowed.get();
    size_t given = static_cast<size_t>(count);
    if (given > op.defaults.size()) {
      throw std::runtime_error(op.op.schema().name() + " takes " + std::to_string(op.defaults.size()) + " arguments, not " + std::to_string(count));
    }
    for (size_t i = 0; i < op.defaults.size(); i++) {
      stack.push_back(i < given ? to_ivalue(op, i, arguments[i]) : op.defaults[i]);
    }
    op.op.callBoxed(&stack);
    for (int32_t i = 0; i < room; i++) {
      results[i] = static_cast<size_t>(i) < stack.size() ? of_ivalue(std::move(stack[i])) : Value{};
    }
  });
}

FG_API void fg_free(void* memory) { std::free(memory); }
