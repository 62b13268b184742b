using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Compares the fields of a module with its registered parts. TorchSharp registers the tensor of a field, not the field: a tensor that is
/// assigned to the field later is neither trained nor saved.
/// </summary>
internal sealed class RegisteredFields
{
    private readonly TrainingModule _module;
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Records which fields contain registered parts.</summary>
    public RegisteredFields(TrainingModule module)
    {
        _module = module;

        // Walking all parts takes a while if there are thousands, most of which no field holds.
        Dictionary<object, string>? registered = null;
        foreach (var held in ModuleFields.Of(module))
        {
            if ((registered ??= Registered(module)).TryGetValue(held.Value, out var name))
            {
                _names[held.Field + held.Path] = name;
            }
        }
    }

    /// <summary>Returns the fields, with types, that contain unregistered parameters, or modules with parameters or buffers.</summary>
    public static List<string> Unregistered(nn.Module module)
    {
        var modules = new Lazy<HashSet<nn.Module>>(
            () => module.modules().Prepend(module).ToHashSet<nn.Module>(ReferenceEqualityComparer.Instance));
        var tensors = new Lazy<HashSet<Tensor>>(
            () => module.parameters().Concat(module.buffers()).ToHashSet<Tensor>(ReferenceEqualityComparer.Instance));
        return [.. ModuleFields.Of(module)
            .Where(held => held.Value switch
            {
                Parameter parameter => !tensors.Value.Contains(parameter),
                nn.Module part =>
                    !modules.Value.Contains(part)
                        && part.parameters().Concat(part.buffers()).Any(tensor => !tensors.Value.Contains(tensor)),
                _ => false,
            })
            .Select(held => $"{held.Field} ({NameOf(held.Type)})")
            .Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Repeats the comparison.</summary>
    /// <param name="saves">Whether to include buffers, which only matter for checkpoints. Parameters and modules are always
    /// included.</param>
    /// <param name="entries">The registered tensors; null to ask the module.</param>
    /// <exception cref="InvalidOperationException">A field was reassigned.</exception>
    public void Check(bool saves, Dictionary<string, Tensor>? entries = null)
    {
        if (_names.Count == 0)
        {
            return;
        }

        Dictionary<object, string>? registered = null;
        foreach (var held in ModuleFields.Of(_module))
        {
            if (_names.TryGetValue(held.Field + held.Path, out var name)
                && !(registered ??= Registered(_module, entries)).ContainsKey(held.Value)
                && (saves || held.Value is Parameter or nn.Module)
                && !IsSame(held.Value, registered.FirstOrDefault(entry => string.Equals(entry.Value, name, StringComparison.Ordinal)).Key))
            {
                throw Replaced(held.Field + held.Path, name, held.Value);
            }
        }
    }

    private InvalidOperationException Replaced(string field, string name, object value) => new(value is nn.Module or Parameter
        ? $"The field '{field}' of {_module.GetType().Name} was set to another {(value is Parameter ? "parameter" : "module")} than the "
        + $"registered '{name}': the optimizer trains the registered one, and checkpoints hold it. "
            + $"Change the registered one in place, e.g. parameter.copy_(...) under no_grad, or mark the field [Unregistered]."
        : $"The field '{field}' of {_module.GetType().Name} was set to another tensor than the registered '{name}', "
        + "whose old value a checkpoint would hold. "
            + "Write into the registered tensor (buffer.copy_(...)) instead of setting the field. For a value that no checkpoint needs, "
            + "register the buffer with persistent: false or mark the field [Unregistered].");

    /// <summary>Returns all registered and saved parts with their names.</summary>
    private static Dictionary<object, string> Registered(nn.Module module, Dictionary<string, Tensor>? entries = null)
    {
        var registered = new Dictionary<object, string>(ReferenceEqualityComparer.Instance);
        foreach (var (name, tensor) in entries ?? module.state_dict())
        {
            registered.TryAdd(tensor, name);
        }

        foreach (var (name, part) in module.named_modules())
        {
            registered.TryAdd(part, name);
        }

        return registered;
    }

    /// <summary>Returns whether two objects are the same tensor: some in-place operations return a new object.</summary>
    private static bool IsSame(object held, object? registered) => held is Tensor one && registered is Tensor other
        && !one.IsInvalid && !other.IsInvalid
        && one.dtype == other.dtype && one.device_type == other.device_type && one.storage_offset() == other.storage_offset()
        && one.shape.AsSpan().SequenceEqual(other.shape) && one.stride().AsSpan().SequenceEqual(other.stride())
        && (one.numel() == 0 || AddressOf(one) == AddressOf(other));

    /// <summary>Returns the address of a tensor; zero for types on other devices whose address TorchSharp does not expose.</summary>
    private static nint AddressOf(Tensor tensor) => (tensor.device_type, tensor.dtype) switch
    {
        (TorchSharp.DeviceType.CPU, _) => NativeTensor.AddressOf(tensor),
        (_, ScalarType.Float32) => tensor.storage<float>().data_ptr(),
        (_, ScalarType.Float64) => tensor.storage<double>().data_ptr(),
        (_, ScalarType.Int64) => tensor.storage<long>().data_ptr(),
        _ => 0,
    };

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.IsArray ? $"{NameOf(type.GetElementType()!)}[]" : type.Name;
}

/// <summary>
/// Marks a field or property whose modules and tensors are intentionally not part of the module, e.g. the teacher of a distillation
/// or a value kept for the next step. The trainer does not warn that they are unregistered and allows replacing them. What
/// <c>RegisterComponents</c> of TorchSharp registers stays the same.
/// </summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class UnregisteredAttribute : Attribute;
