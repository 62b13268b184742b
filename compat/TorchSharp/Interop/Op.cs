using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>
/// Calls an ATen operator by the name in its schema ("add.Tensor": operator and overload). Arguments left out at the end have
/// the schema's defaults. A new operator is one line in the class that offers it.
/// </summary>
internal static unsafe class Op
{
    private const int MaxArguments = 24;
    private const int ScratchWords = 64;

    /// <summary>Calls an operator that returns one tensor.</summary>
    public static Tensor Call(string name, params ReadOnlySpan<Arg> arguments)
    {
        Value result;
        Invoke(name, null, arguments, &result, 1);
        return Tensor(result, name);
    }

    /// <summary>The same, with <paramref name="self"/> as the first argument.</summary>
    public static Tensor On(Tensor self, string name, ReadOnlySpan<Arg> arguments)
    {
        Value result;
        Invoke(name, self, arguments, &result, 1);
        return Tensor(result, name);
    }

    /// <summary>Calls an operator whose results are of no use, such as one that works in place.</summary>
    public static void Do(string name, params ReadOnlySpan<Arg> arguments) => Invoke(name, null, arguments, null, 0);

    public static void DoOn(Tensor self, string name, ReadOnlySpan<Arg> arguments) => Invoke(name, self, arguments, null, 0);

    public static (Tensor First, Tensor Second) Call2(string name, params ReadOnlySpan<Arg> arguments)
    {
        var results = stackalloc Value[2];
        Invoke(name, null, arguments, results, 2);
        return (Tensor(results[0], name), Tensor(results[1], name));
    }

    public static (Tensor First, Tensor Second, Tensor Third) Call3(string name, params ReadOnlySpan<Arg> arguments)
    {
        var results = stackalloc Value[3];
        Invoke(name, null, arguments, results, 3);
        return (Tensor(results[0], name), Tensor(results[1], name), Tensor(results[2], name));
    }

    /// <summary>Calls an operator that returns a list of tensors.</summary>
    public static Tensor[] CallList(string name, params ReadOnlySpan<Arg> arguments)
    {
        Value result;
        Invoke(name, null, arguments, &result, 1);
        var tensors = new Tensor[result.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = new Tensor(((nint*)result.Pointer)[i]);
        }

        Native.fg_free(result.Pointer);
        return tensors;
    }

    public static bool CallBool(string name, params ReadOnlySpan<Arg> arguments)
    {
        Value result;
        Invoke(name, null, arguments, &result, 1);
        return result.Int != 0;
    }

    public static long CallInt(string name, params ReadOnlySpan<Arg> arguments)
    {
        Value result;
        Invoke(name, null, arguments, &result, 1);
        return result.Int;
    }

    private static Tensor Tensor(in Value result, string name) => result.Pointer != 0
        ? new Tensor(result.Pointer)
        : throw new InvalidOperationException($"The operator {name} returned no tensor.");

    private static void Invoke(string name, Tensor? self, ReadOnlySpan<Arg> arguments, Value* results, int room)
    {
        if (arguments.Length >= MaxArguments)
        {
            throw new ArgumentException($"{name} is called with {arguments.Length} arguments; there is room for {MaxArguments - 1}.");
        }

        var values = stackalloc Value[MaxArguments];
        var count = 0;
        if (self is not null)
        {
            values[0].Kind = ValueKind.Tensor;
            values[0].Pointer = self.Handle;
            count = 1;
        }

        var words = 0;
        foreach (ref readonly var argument in arguments)
        {
            words += argument.Value.Kind is >= ValueKind.Ints and not (ValueKind.Device or ValueKind.Generator or ValueKind.Default)
                ? argument.Value.Count : 0;
            values[count++] = argument.Value;
        }

        int status;
        if (words == 0)
        {
            status = Native.fg_call(OpTable.Find(name), values, count, results, room);
        }
        else if (words <= ScratchWords)
        {
            var scratch = stackalloc long[ScratchWords];
            Copy(arguments, values + (self is null ? 0 : 1), scratch);
            status = Native.fg_call(OpTable.Find(name), values, count, results, room);
        }
        else
        {
            var scratch = (long*)NativeMemory.Alloc((nuint)words, sizeof(long));
            try
            {
                Copy(arguments, values + (self is null ? 0 : 1), scratch);
                status = Native.fg_call(OpTable.Find(name), values, count, results, room);
            }
            finally
            {
                NativeMemory.Free(scratch);
            }
        }

        // The finalizer of an argument may not run before the call is over.
        GC.KeepAlive(self);
        foreach (ref readonly var argument in arguments)
        {
            GC.KeepAlive(argument.Source);
        }

        if (status != 0)
        {
            Native.Throw();
        }
    }

    /// <summary>Copies the lists among the arguments, one word an element, and points the values to the copies.</summary>
    private static void Copy(ReadOnlySpan<Arg> arguments, Value* values, long* scratch)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (values[i].Kind < ValueKind.Ints)
            {
                continue;
            }

            switch (arguments[i].Source)
            {
                case long[] ints:
                    ints.CopyTo(new Span<long>(scratch, ints.Length));
                    break;
                case double[] doubles:
                    doubles.CopyTo(new Span<double>(scratch, doubles.Length));
                    break;
                case bool[] bools:
                    bools.CopyTo(new Span<bool>(scratch, bools.Length));
                    break;
                case string text:
                    System.Text.Encoding.UTF8.GetBytes(text, new Span<byte>(scratch, values[i].Count));
                    break;
                case Tensor?[] tensors:
                    for (var j = 0; j < tensors.Length; j++)
                    {
                        scratch[j] = tensors[j] is { } tensor ? tensor.Handle : NoTensor(values[i].Kind);
                    }

                    break;
                default:
                    continue;
            }

            values[i].Pointer = (nint)scratch;
            scratch += values[i].Count;
        }
    }

    private static nint NoTensor(ValueKind kind) =>
        kind == ValueKind.OptionalTensors ? 0 : throw new ArgumentNullException("tensors", "The list of tensors has an element that is null.");
}
