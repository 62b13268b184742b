namespace Fulgurite.Tests.IO.Torch;

/// <summary>Calls that are recognized by their bytes have the result of running their instructions.</summary>
[TestClass]
public sealed class PickleRepeatsTests
{
    private const int Many = 5000;

    /// <summary>Pickles of a list of tensors, each with the number of tensors that are recognized.</summary>
    private static readonly Dictionary<string, (byte[] Pickle, int Repeats)> Pickles = new()
    {
        ["equal forms"] = (List(Counted(10, (builder, number) => Tensor(builder, $"{number}"))), 9),
        ["recurring forms"] = (List(Counted(10, (builder, number) => Tensor(builder, $"{number}", (byte)(number % 3)))), 7),
        ["a leading zero"] = (List(Counted(3, (builder, number) => Tensor(builder, $"00{number}"))), 0),
        ["a zero"] = (List(Counted(3, (builder, _) => Tensor(builder, "0"))), 2),
        ["letters"] = (List(Counted(3, (builder, number) => Tensor(builder, $"a{number}"))), 0),
        ["too many digits"] = (List(Counted(3, (builder, number) => Tensor(builder, $"123456789012345678{number}"))), 0),
        ["a memo that is replaced"] = (
            List(builder =>
            {
                Tensor(builder, "0");
                Tensor(builder, "1");
                Tensor(Keep(builder.Global("torch", "DoubleStorage"), 2), "2");
                Tensor(builder, "3");
            }),
            2),
        ["a memo that is added"] = (
            List(builder =>
            {
                Tensor(builder, "0");
                Tensor(Keep(builder.Global("torch", "DoubleStorage"), 9), "1");
            }),
            1),
        ["an argument with an effect"] = (
            List(Counted(3, (builder, number) => Tensor(builder, $"{number}", more: () => Get(builder, 5).Op('N').Op('a')))), 0),
        ["a place in the number's stead"] = (
            List(Counted(
                3, (builder, number) => Get(Get(Get(builder, 0).Op('(').Op('('), 1), 2).Op('N').Text($"{number}").Op('t').Op('t').Op('R'))),
            0),
    };

    public static IEnumerable<object[]> Names => Pickles.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_ListOfTensors_EqualsRunningAllInstructions(string name)
    {
        var (pickle, repeats) = Pickles[name];
        var maker = new CountingMaker(repeats: true);

        var found = Describe(Run(pickle, maker));

        CollectionAssert.AreEqual(Describe(Run(pickle, new CountingMaker(repeats: false))), found);
        Assert.AreEqual(repeats, maker.Repeats);
    }

    [TestMethod]
    public void Run_MoreTensorsThanABufferHolds_FindsEach()
    {
        var maker = new CountingMaker(repeats: true);

        var found = Describe(Run(List(Counted(Many, (builder, number) => Tensor(builder, $"{number}"))), maker));

        CollectionAssert.AreEqual(Enumerable.Range(0, Many).Select(number => $"{number} torch.FloatStorage 4 0 4 1").ToList(), found);
        Assert.IsGreaterThan(Many * 9 / 10, maker.Repeats);
    }

    [TestMethod]
    public void Run_DamagedPickles_EqualsRunningAllInstructions()
    {
        var (failed, repeats) = (0, 0);
        for (var seed = 0; seed < 6_000; seed++)
        {
            var random = new Random(seed);
            var pickle = Damage(random, Varied(random, random.Next(3, 7)));
            var maker = new CountingMaker(repeats: true);

            var found = Outcome(pickle, maker);

            Assert.AreEqual(Outcome(pickle, new CountingMaker(repeats: false)), found, $"seed {seed}");
            failed += found.StartsWith('!') ? 1 : 0;
            repeats += maker.Repeats;
        }

        Assert.IsInRange(1_000, 5_000, failed);
        Assert.IsGreaterThan(1_000, repeats);
    }

    private static string Outcome(byte[] pickle, IPickleMaker maker)
    {
        try
        {
            return DescribeAll(Run(pickle, maker), 0);
        }
        catch (Exception exception)
        {
            return $"!{exception.GetType().Name} {exception.Message}";
        }
    }

    /// <summary>A list of tensors with numbers that recur, among which classes in the memo are replaced.</summary>
    private static byte[] Varied(Random random, int count) => List(builder =>
    {
        for (var number = 0; number < count; number++)
        {
            Tensor(builder, $"{random.Next(12)}", (byte)random.Next(2));
            if (random.Next(6) == 0)
            {
                Keep(builder.Global("torch", "DoubleStorage"), (byte)random.Next(2, 9));
            }
        }
    });

    /// <summary>Changes up to three bytes after the global names, mostly into other instructions.</summary>
    private static byte[] Damage(Random random, byte[] pickle)
    {
        const string Instructions = "(h.tQR0K2q)N\x85\x86\x87lads]}";
        for (var change = random.Next(4); change > 0; change--)
        {
            var place = random.Next(60, pickle.Length);
            var instruction = (byte)Instructions[random.Next(Instructions.Length)];
            switch (random.Next(4))
            {
                case 0:
                    pickle[place] = (byte)random.Next(256);
                    break;
                case 1:
                    pickle[place] = instruction;
                    break;
                case 2:
                    pickle = [.. pickle[..place], instruction, .. pickle[place..]];
                    break;
                default:
                    pickle = [.. pickle[..place], .. pickle[(place + 1)..]];
                    break;
            }
        }

        return pickle;
    }

    /// <summary>Describes any result; a damaged one may contain itself.</summary>
    private static string DescribeAll(object? value, int depth) => depth > 6 ? "..." : value switch
    {
        TorchTensorNode { Form: var form } tensor =>
            $"T{tensor.Key} {form.StorageClass.Name} {form.Count} {form.Offset} {DescribeAll(form.Shape, depth + 1)} "
                + DescribeAll(form.Strides, depth + 1),
        TorchStorageNode storage => $"S{storage.Key} {storage.StorageClass.Name} {storage.Count}",
        PickleTuple tuple => $"({string.Join(',', tuple.Items.ToArray().Select(item => DescribeAll(item, depth + 1)))})",
        PickleList list => $"[{string.Join(',', list.Items.Select(item => DescribeAll(item, depth + 1)))}]",
        PickleObject made => $"{made.Callable.Name}{DescribeAll(made.Arguments, depth + 1)}",
        PickleGlobal global => global.Name,
        _ => $"{value}",
    };

    private static object? Run(byte[] pickle, IPickleMaker maker)
    {
        using var reader = new MemoryStorage { ["a"] = pickle }.Open("a");
        return new PickleMachine(new PickleInput(reader, 0, pickle.Length), maker).Run();
    }

    private static List<string> Describe(object? list) => [.. ((PickleList)list!).Items.Select(item => item switch
    {
        TorchTensorNode { Form: var form } tensor =>
            $"{tensor.Key} {form.StorageClass.Name} {form.Count} {form.Offset} {string.Join(',', form.Shape.Items)} "
                + string.Join(',', form.Strides.Items),
        PickleObject made => $"{made.Callable.Name} of {made.Arguments.Items.Length}",
        _ => $"{item}",
    })];

    private static Action<PickleBuilder> Counted(int count, Action<PickleBuilder, long> part) => builder => builder.Counted(count, part);

    /// <summary>A list of what a part pushes, with names and classes in the memo.</summary>
    private static byte[] List(Action<PickleBuilder> part)
    {
        var builder = new PickleBuilder();
        Keep(builder.Global("torch._utils", "_rebuild_tensor_v2"), 0);
        Keep(builder.Text("storage"), 1);
        Keep(builder.Global("torch", "FloatStorage"), 2);
        Keep(builder.Text("cpu"), 3);
        Keep(builder.Global("collections", "OrderedDict"), 4);
        Keep(builder.Op(']'), 5);
        builder.Op(']').Op('(');
        part(builder);
        return builder.Op('e').Stop();
    }

    /// <summary>A float tensor without gaps, with everything but its numbers from the memo.</summary>
    private static void Tensor(PickleBuilder builder, string key, byte offset = 0, Action? more = null)
    {
        Get(Get(Get(builder, 0).Op('(').Op('('), 1), 2).Text(key);
        Get(builder, 3).Op('K').Raw(4).Op('t').Op('Q').Op('K').Raw(offset).Op('K').Raw(4).Raw(0x85).Op('K').Raw(1).Raw(0x85).Raw(0x89);
        Get(builder, 4).Op(')').Op('R');
        more?.Invoke();
        builder.Op('t').Op('R');
    }

    private static PickleBuilder Get(PickleBuilder builder, byte place) => builder.Op('h').Raw(place);

    /// <summary>Moves the last item to the memo.</summary>
    private static PickleBuilder Keep(PickleBuilder builder, byte place) => builder.Op('q').Raw(place).Op('0');

    private sealed class CountingMaker(bool repeats) : IPickleMaker
    {
        private readonly TorchMaker _maker = new();

        public int Repeats { get; private set; }

        public PickleMade? TryRefer(ReadOnlySpan<object?> id) => _maker.TryRefer(id);

        public PickleMade? TryCall(PickleGlobal callable, ReadOnlySpan<object?> arguments) => _maker.TryCall(callable, arguments);

        public PickleMade? TryRepeat(PickleMade made, long number)
        {
            if (!repeats)
            {
                return null;
            }

            Repeats++;
            return _maker.TryRepeat(made, number);
        }
    }
}
