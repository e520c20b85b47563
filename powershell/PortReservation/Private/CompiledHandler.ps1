# Handlers of events that are raised where no script block can run: on the thread pool, or while the runspace is closed.
class CompiledHandler {
    # (sender, e) => target.method(), compiled from an expression.
    static [System.Delegate] Of([type] $handler, [object] $target, [string] $method) {
        $expression = [System.Linq.Expressions.Expression]
        [System.Linq.Expressions.ParameterExpression[]] $parameters =
            foreach ($parameter in $handler.GetMethod('Invoke').GetParameters()) { $expression::Parameter($parameter.ParameterType) }
        $call = $expression::Call($expression::Constant($target), $target.GetType().GetMethod($method, [type[]] @()))
        return $expression::Lambda($handler, $call, $parameters).Compile()
    }

    # task => { if (task.IsFaulted || task.IsCanceled || task.Result == 0) end.Cancel(); }: a read that found the end.
    static [System.Action[System.Threading.Tasks.Task[int]]] OfLastRead([System.Threading.CancellationTokenSource] $end) {
        $expression = [System.Linq.Expressions.Expression]
        $task = $expression::Parameter([System.Threading.Tasks.Task[int]], 'task')
        $hasFailed = $expression::OrElse($expression::Property($task, 'IsFaulted'), $expression::Property($task, 'IsCanceled'))
        $isNothing = $expression::Equal($expression::Property($task, 'Result'), $expression::Constant(0))
        $cancel = $expression::Call($expression::Constant($end), $end.GetType().GetMethod('Cancel', [type[]] @()))
        $body = $expression::IfThen($expression::OrElse($hasFailed, $isNothing), $cancel)
        [System.Linq.Expressions.ParameterExpression[]] $parameters = @($task)
        return $expression::Lambda([System.Action[System.Threading.Tasks.Task[int]]], $body, $parameters).Compile()
    }
}
