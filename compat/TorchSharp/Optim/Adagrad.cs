namespace TorchSharp.Modules;

/// <summary>Adagrad.</summary>
public class Adagrad : OptimizerHelper
{
    public Adagrad(
        IEnumerable<Parameter> parameters, double lr = 1e-2, double lr_decay = 0, double weight_decay = 0,
        double initial_accumulator_value = 0, double eps = 1e-10)
        : this([new ParamGroup { Parameters = parameters }], lr, lr_decay, weight_decay, initial_accumulator_value, eps)
    {
    }

    public Adagrad(
        IEnumerable<ParamGroup> parameters, double lr = 1e-2, double lr_decay = 0, double weight_decay = 0,
        double initial_accumulator_value = 0, double eps = 1e-10)
    {
        var defaults = new Options
        {
            LearningRate = lr,
            lr_decay = lr_decay,
            weight_decay = weight_decay,
            initial_accumulator_value = initial_accumulator_value,
            eps = eps,
        };
        AddGroups(defaults, parameters);
    }

    public override torch.Tensor step(Func<torch.Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

    public override void add_param_group(Modules.ParamGroup param_group) => base.add_param_group(param_group);

    internal override OptimizerOptions NewOptions() => new Options();

    internal override OptimizerState NewState(Parameter parameter) => new State(parameter);

    private void Update(ParamGroup group)
    {
        var options = group.Options;
        var (decay, eps) = (options.weight_decay!.Value, options.eps!.Value);
        foreach (var (parameter, gradient) in Gradients(group))
        {
            var grad = gradient;
            var state = (State)_state[parameter.Handle];
            state.step++;
            if (decay != 0)
            {
                grad = grad.add(parameter, decay);
            }

            var rate = group.LearningRate / (1 + ((state.step - 1) * options.lr_decay!.Value));
            state.sum.addcmul_(grad, grad, 1);
            parameter.addcdiv_(grad, state.sum.sqrt().add_(eps), -rate);
        }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public torch.Tensor sum = null!;

        public State(Parameter parameter)
            : base(parameter)
        {
        }

        public void Dispose() => DisposeAll();

        public override void to(torch.Device device) => MoveAll(device);

        public override void SaveStateDict(BinaryWriter writer) => SaveAll(writer);

        public override void LoadStateDict(BinaryReader reader) => LoadAll(reader);

        public override void LoadStateDict(OptimizerState source) => CopyAll(source);

        public override bool ApproximatelyEquals(OptimizerState other) => EqualsAll(other);

        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            sum = Fresh(sum, ((Options)options).initial_accumulator_value!.Value);
        }

        internal override void Visit(StateVisitor visitor)
        {
            visitor.Visit(ref step);
            visitor.Visit(ref sum);
        }
    }

    public class Options : OptimizerOptions
    {
        public double? lr_decay;
        public double? initial_accumulator_value;
        public double? eps;
        public double? weight_decay;

        public override void SaveStateDict(BinaryWriter writer) => base.SaveStateDict(writer);

        public override void LoadStateDict(BinaryReader reader) => base.LoadStateDict(reader);

        public override void LoadStateDict(OptimizerOptions source) => base.LoadStateDict(source);

        internal override void Visit(StateVisitor visitor)
        {
            visitor.Visit(ref lr_decay);
            visitor.Visit(ref initial_accumulator_value);
            visitor.Visit(ref eps);
            visitor.Visit(ref weight_decay);
        }
    }

    public class ParamGroup : ParamGroup<Options>
    {
        public ParamGroup()
        {
        }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options)
            : base(parameters, options)
        {
        }

        public ParamGroup(
            IEnumerable<Parameter> parameters, double lr = 1e-2, double lr_decay = 0, double weight_decay = 0,
            double initial_accumulator_value = 0, double eps = 1e-10)
            : base(
                parameters,
                new Options { LearningRate = lr, lr_decay = lr_decay, weight_decay = weight_decay, initial_accumulator_value = initial_accumulator_value, eps = eps })
        {
        }
    }
}
