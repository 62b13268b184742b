// Gradients, modes of a thread, random numbers, devices and errors.
#include "bridge.h"

#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/DefaultDtype.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/anomaly_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>

namespace {

thread_local std::string last_error;

std::vector<at::Tensor> list(void** handles, int32_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (int32_t i = 0; i < count; i++) {
    tensors.push_back(handles[i] ? tensor(handles[i]) : at::Tensor());
  }
  return tensors;
}

// A negative number stands for nothing said.
Optional<bool> unset_or(int32_t value) { return value < 0 ? Optional<bool>() : Optional<bool>(value != 0); }

}  // namespace

void set_error(std::string message) { last_error = std::move(message); }

std::string describe_current_exception() {
  try {
    throw;
  } catch (const c10::Error& e) {
    return e.what_without_backtrace();
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "libtorch threw something that is no std::exception";
  }
}

FG_API const char* fg_last_error() { return last_error.c_str(); }
FG_API const char* fg_version_text() { return TORCH_VERSION; }

FG_API int32_t fg_backward(void** tensors, int32_t count, void** gradients, int32_t gradient_count, int32_t retain_graph,
                           int32_t create_graph, void** inputs, int32_t input_count) {
  return attempted([&] {
    torch::autograd::backward(list(tensors, count), list(gradients, gradient_count), unset_or(retain_graph), create_graph != 0, list(inputs, input_count));
  });
}

FG_API int32_t fg_grad_of(void** outputs, int32_t count, void** inputs, int32_t input_count, void** gradients, int32_t gradient_count,
                          int32_t retain_graph, int32_t create_graph, int32_t allow_unused, void** results) {
  return attempted([&] {
    auto found = torch::autograd::grad(list(outputs, count), list(inputs, input_count), list(gradients, gradient_count), unset_or(retain_graph),
                                       create_graph != 0, allow_unused != 0);
    for (size_t i = 0; i < found.size(); i++) {
      results[i] = handle(std::move(found[i]));
    }
  });
}

FG_API int32_t fg_anomaly_mode() { return torch::autograd::AnomalyMode::is_enabled(); }
FG_API int32_t fg_anomaly_nan() { return torch::autograd::AnomalyMode::should_check_nan(); }
FG_API void fg_set_anomaly_mode(int32_t enabled, int32_t check_nan) {
  torch::autograd::AnomalyMode::set_enabled(enabled != 0, check_nan != 0);
}
FG_API int32_t fg_grad_mode() { return at::GradMode::is_enabled(); }
FG_API void fg_set_grad_mode(int32_t enabled) { at::GradMode::set_enabled(enabled != 0); }
FG_API int32_t fg_is_inference_mode() { return c10::InferenceMode::is_enabled(); }
FG_API void* fg_enter_inference_mode(int32_t enabled) { return new c10::InferenceMode(enabled != 0); }
FG_API void fg_leave_inference_mode(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

FG_API int32_t fg_manual_seed(int64_t seed) {
  return attempted([&] { at::manual_seed(static_cast<uint64_t>(seed)); });
}

FG_API void* fg_default_generator() {
  return guarded(static_cast<void*>(nullptr), [&] { return static_cast<void*>(new at::Generator(at::detail::getDefaultCPUGenerator())); });
}

FG_API void* fg_new_generator(uint64_t seed) {
  return guarded(static_cast<void*>(nullptr), [&] { return static_cast<void*>(new at::Generator(at::detail::createCPUGenerator(seed))); });
}

FG_API void fg_generator_free(void* g) { delete static_cast<at::Generator*>(g); }

FG_API int32_t fg_generator_seed(void* g, int64_t seed) {
  return attempted([&] {
    auto& generator = *static_cast<at::Generator*>(g);
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_current_seed(static_cast<uint64_t>(seed));
  });
}

FG_API int64_t fg_generator_initial_seed(void* g) { return static_cast<int64_t>(static_cast<at::Generator*>(g)->current_seed()); }

FG_API int64_t fg_generator_reseed(void* g) {
  return guarded(int64_t{0}, [&] {
    auto& generator = *static_cast<at::Generator*>(g);
    std::lock_guard<std::mutex> lock(generator.mutex());
    return static_cast<int64_t>(generator.seed());
  });
}

FG_API void* fg_generator_state(void* g) {
  return guarded(static_cast<void*>(nullptr), [&] {
    auto& generator = *static_cast<at::Generator*>(g);
    std::lock_guard<std::mutex> lock(generator.mutex());
    return handle(generator.get_state());
  });
}

FG_API int32_t fg_set_generator_state(void* g, void* state) {
  return attempted([&] {
    auto& generator = *static_cast<at::Generator*>(g);
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_state(tensor(state));
  });
}

FG_API int32_t fg_threads() { return at::get_num_threads(); }
FG_API int32_t fg_set_threads(int32_t count) {
  return attempted([&] { at::set_num_threads(count); });
}
FG_API int32_t fg_interop_threads() { return static_cast<int32_t>(at::get_num_interop_threads()); }
FG_API int32_t fg_set_interop_threads(int32_t count) {
  return attempted([&] { at::set_num_interop_threads(count); });
}

FG_API int32_t fg_default_dtype() { return static_cast<int32_t>(c10::get_default_dtype_as_scalartype()); }
FG_API int32_t fg_set_default_dtype(int32_t dtype) {
  return attempted([&] { c10::set_default_dtype(c10::scalarTypeToTypeMeta(static_cast<c10::ScalarType>(dtype))); });
}

FG_API int32_t fg_cuda_available() {
  return guarded(int32_t{0}, [&] { return static_cast<int32_t>(torch::cuda::is_available()); });
}
FG_API int32_t fg_cudnn_available() {
  return guarded(int32_t{0}, [&] { return static_cast<int32_t>(torch::cuda::cudnn_is_available()); });
}
FG_API int32_t fg_cuda_devices() {
  return guarded(int32_t{0}, [&] { return static_cast<int32_t>(torch::cuda::device_count()); });
}
FG_API int32_t fg_cuda_seed(int64_t seed) {
  return attempted([&] { torch::cuda::manual_seed(static_cast<uint64_t>(seed)); });
}
FG_API int32_t fg_cuda_seed_all(int64_t seed) {
  return attempted([&] { torch::cuda::manual_seed_all(static_cast<uint64_t>(seed)); });
}
FG_API int32_t fg_cuda_synchronize(int64_t index) {
  return attempted([&] { torch::cuda::synchronize(index); });
}

FG_API int32_t fg_allow_tf32(int32_t which) {
  return which == 0 ? at::globalContext().allowTF32CuBLAS() : at::globalContext().allowTF32CuDNN();
}
FG_API void fg_set_allow_tf32(int32_t which, int32_t value) {
  if (which == 0) {
    at::globalContext().setAllowTF32CuBLAS(value != 0);
  } else {
    at::globalContext().setAllowTF32CuDNN(value != 0);
  }
}
