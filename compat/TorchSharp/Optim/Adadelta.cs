namespace TorchSharp.Modules;

/// <summary>Adadelta.</summary>
public class Adadelta : OptimizerHelper
{
    public Adadelta(
        IEnumerable<Parameter> parameters, double lr, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, rho, eps, weight_decay, maximize)
    {
    }

    public Adadelta(
        IEnumerable<ParamGroup> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0,
        bool maximize = false)
    {
        var defaults = new Options
        {
            LearningRate = lr,
            rho = rho,
            eps = eps,
            weight_decay = weight_decay,
            maximize = maximize,
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
        var (rho, decay, eps) = (options.rho!.Value, options.weight_decay!.Value, options.eps!.Value);
        foreach (var (parameter, gradient) in Gradients(group))
        {
            var grad = gradient;
            var state = (State)_state[parameter.Handle];
            state.step++;
            if (options.maximize!.Value)
            {
                grad = grad.neg();
            }

            if (decay != 0)
            {
                grad = grad.add(parameter, decay);
            }

            state.square_avg.mul_(rho).addcmul_(grad, grad, 1 - rho);
            var deviation = state.square_avg.add(eps).sqrt_();
            var delta = state.acc_delta.add(eps).sqrt_().div_(deviation).mul_(grad);
            state.acc_delta.mul_(rho).addcmul_(delta, delta, 1 - rho);
            parameter.add_(delta, -group.LearningRate);
        }
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public long step;
        public torch.Tensor square_avg = null!;
        public torch.Tensor acc_delta = null!;

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
            square_avg = Fresh(square_avg);
            acc_delta = Fresh(acc_delta);
        }

        internal override void Visit(StateVisitor visitor)
        {
            visitor.Visit(ref step);
            visitor.Visit(ref square_avg);
            visitor.Visit(ref acc_delta);
        }
    }

    public class Options : OptimizerOptions
    {
        public double? rho;
        public double? eps;
        public double? weight_decay;
        public bool? maximize;

        public override void SaveStateDict(BinaryWriter writer) => base.SaveStateDict(writer);

        public override void LoadStateDict(BinaryReader reader) => base.LoadStateDict(reader);

        public override void LoadStateDict(OptimizerOptions source) => base.LoadStateDict(source);

        internal override void Visit(StateVisitor visitor)
        {
            visitor.Visit(ref rho);
            visitor.Visit(ref eps);
            visitor.Visit(ref weight_decay);
            visitor.Visit(ref maximize);
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
            IEnumerable<Parameter> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0,
            bool maximize = false)
            : base(parameters, new Options { LearningRate = lr, rho = rho, eps = eps, weight_decay = weight_decay, maximize = maximize })
        {
        }
    }
}
