using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // Moving a module. A parameter that must be copied becomes a new Parameter object and the old one is disposed, so an
        // optimizer is made after the move, never before.
        public partial class Module
        {
            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                CheckType(dtype);
                _toEpilog(device, dtype, non_blocking);
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                _toEpilog(deviceType, deviceIndex, non_blocking);
                return this;
            }

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                CheckType(dtype);
                _toEpilog(dtype, non_blocking);
                return this;
            }

            public Module _to(Tensor other, bool non_blocking)
            {
                ArgumentNullException.ThrowIfNull(other);
                _to(other.dtype, non_blocking);
                return _to(other.device_type, other.device_index, non_blocking);
            }

            protected void _toEpilog(ScalarType dtype, bool non_blocking) => _toEpilog(dtype, null, non_blocking);

            protected void _toEpilog(Device device, ScalarType dtype, bool non_blocking) => _toEpilog(dtype, device, non_blocking);

            protected void _toEpilog(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
                _toEpilog(null, new Device(deviceType, deviceType == DeviceType.CUDA ? deviceIndex : -1), non_blocking);

            /// <summary>Moves the children, then this module's own parameters and buffers, and puts the new objects where the old ones were.</summary>
            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                foreach (var (_, child) in named_children())
                {
                    switch (dtype, device)
                    {
                        case (null, { } place):
                            child._to(place.type, place.index, non_blocking);
                            break;
                        case ({ } type, null):
                            child._to(type, non_blocking);
                            break;
                        case ({ } type, { } place):
                            child._to(place, type, non_blocking);
                            break;
                        default:
                            throw new ArgumentException("Neither a type nor a device is given.", nameof(dtype));
                    }
                }

                foreach (var (name, parameter) in named_parameters(false).ToList())
                {
                    if (ReplaceParameter(dtype, device, parameter, out var moved) && !SetMember(name, moved!))
                    {
                        parameter.Dispose();
                        ConditionallyRegisterParameter(name, moved);
                    }
                }

                foreach (var (name, buffer) in named_buffers(false).ToList())
                {
                    var persistent = _internal_buffers[name].Item2;
                    if (ReplaceBuffer(dtype, device, buffer, out var moved) && !SetMember(name, moved!))
                    {
                        ConditionallyRegisterBuffer(name, moved, persistent);
                    }
                }

                if (device is not null)
                {
                    _deviceType = device.type;
                    _deviceIndex = device.index;
                }
            }

            /// <summary>Moves a buffer where it must be copied; the old one is disposed then.</summary>
            protected static bool ReplaceBuffer(ScalarType? dtype, Device? device, Tensor buffer, out Tensor? result)
            {
                ArgumentNullException.ThrowIfNull(buffer);
                result = null;
                var (type, place) = Target(dtype, device, buffer);
                if (!WillCopy(buffer, type, place))
                {
                    return false;
                }

                result = buffer.to(type, place).DetachFromDisposeScope();
                buffer.Dispose();
                return true;
            }

            /// <summary>Makes a parameter with the wanted type and device, and its gradient beside it, where one of the two must be copied.</summary>
            protected static bool ReplaceParameter(ScalarType? dtype, Device? device, Parameter param, out Parameter? p)
            {
                ArgumentNullException.ThrowIfNull(param);
                p = null;
                var (type, place) = Target(dtype, device, param);
                using var grad = param.grad;
                if (!WillCopy(param, type, place) && (grad is null || !WillCopy(grad, type, place)))
                {
                    return false;
                }

                // Without a graph the moved tensor is a leaf, as a parameter must be.
                using var noGrad = no_grad();
                p = new Parameter(param.to(type, place), param.requires_grad);
                p.DetachFromDisposeScope();
                if (grad is not null)
                {
                    using var moved = grad.to(type, place);
                    p.grad = moved;
                }

                return true;
            }

            protected static (Device device, ScalarType dtype) GetDefaultDeviceAndType(Device? device = null, ScalarType? dtype = null) =>
                (device ?? get_default_device(), dtype ?? get_default_dtype());

            internal T MoveModule<T>(Device? device, ScalarType? dtype)
                where T : Module
            {
                if (device is not null || dtype is not null)
                {
                    _toEpilog(dtype, device, false);
                }

                return (T)this;
            }

            private static (ScalarType Type, Device Place) Target(ScalarType? dtype, Device? device, Tensor tensor)
            {
                // Whole numbers (counters, indices) keep their type.
                var type = dtype is { } wanted && (tensor.is_floating_point() || tensor.is_complex()) ? wanted : tensor.dtype;
                return (type, device ?? tensor.device);
            }

            private static bool WillCopy(Tensor tensor, ScalarType type, Device place) =>
                tensor.dtype != type || tensor.device_type != place.type || (place.index >= 0 && tensor.device_index != place.index);

            private static void CheckType(ScalarType dtype)
            {
                if (!is_floating_point(dtype) && !is_complex(dtype))
                {
                    throw new ArgumentException(
                        $"A module can be converted to floating-point and complex types only, not to {dtype}.", nameof(dtype));
                }
            }

            // True where a setter took the new tensor, disposed the old one and registered it. A plain field is set and the
            // caller does the rest.
            private bool SetMember(string component, Tensor value)
            {
                var property = GetType().GetProperty(component, BindingFlags.Public | BindingFlags.Instance);
                if (property?.SetMethod is not null && property.PropertyType.IsInstanceOfType(value))
                {
                    property.SetValue(this, value);
                    return true;
                }

                ComponentFields(GetType()).FirstOrDefault(f => f.ComponentName() == component && f.FieldType.IsInstanceOfType(value))?.SetValue(this, value);
                return false;
            }
        }
    }
}
