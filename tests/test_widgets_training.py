"""The training player: equal to a plain loop bit for bit; it plays, stops, resets and says what is wrong."""

import asyncio
import threading
import time

import numpy as np
import pytest
from widget_helpers import assert_shows, move, said

from micrograd_lite import MLP, datasets, figures, graph, losses, optim
from micrograd_lite.widgets.training import TrainingPlayer, TrainingRun, training_frame

SMALL = {"n": 20, "hidden": 4}


def plain_loop(steps, *, n=20, hidden=4, lr=0.3, l2=0.0001, seed=0, noise=0.1):
    """The loop of the page, written out. -> the model and the losses before each step and at the end"""
    X, y = datasets.two_moons(n, noise=noise, seed=seed)
    model = MLP(2, [hidden, hidden, 1], seed=seed)
    weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.w]
    optimizer = optim.SGD(model.parameters(), lr=lr)
    history = []
    for k in range(steps + 1):
        loss = losses.hinge([model(x) for x in X.tolist()], [2 * int(label) - 1 for label in y])
        if l2:
            loss = loss + l2 * losses.l2(weights)
        history.append(loss.data)
        if k < steps:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model, history


def numbers(model):
    return [p.data for p in model.parameters()]


def click(player, name):
    player.buttons[name].click()


def played(player, until=lambda: False):
    """Press Play in an event loop, wait for the end or for `until`. -> turns another task had meanwhile"""

    async def main():
        click(player, "play")
        turns = 0
        while not player._task.done():
            turns += 1
            if until():
                click(player, "stop")
            await asyncio.sleep(0)
        return turns

    return asyncio.run(asyncio.wait_for(main(), 60))


# ---------------------------------------------------------------- the run


@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_a_run_is_the_plain_loop_bit_for_bit(l2):
    run = TrainingRun(**SMALL, lr=0.7, l2=l2, seed=3)
    for _ in range(12):
        run.step()
    model, history = plain_loop(12, lr=0.7, l2=l2, seed=3)
    assert run.losses == history
    assert numbers(run.model) == numbers(model)


def test_biases_are_left_out_of_l2():
    run = TrainingRun(**SMALL, l2=1.0)
    for layer in run.model.layers:
        for neuron in layer.neurons:
            neuron.b.data = 0.0
    hinge = losses.hinge([run.model(x) for x in run.X.tolist()], [1 if p else -1 for p in run.positive])
    squares = sum(w.data**2 for layer in run.model.layers for neuron in layer.neurons for w in neuron.w)
    assert run.loss.data == pytest.approx(hinge.data + squares)


def test_scores_and_counts_are_those_of_the_network_as_it_is():
    run = TrainingRun(**SMALL)
    for _ in range(5):
        run.step()
    scores = np.array([run.model(x).data for x in run.X.tolist()])
    assert (run.scores == scores).all()
    assert run.right == sum((scores > 0) == run.positive)


def test_nodes_counts_the_graph_under_the_loss():
    run = TrainingRun(**SMALL)
    for l2 in (0.0001, 0.0, 0.1):
        run.set_l2(l2)
        for _ in range(3):
            run.step()
            assert run.nodes == len(graph.nodes_of(run.loss))


def test_the_seed_gives_the_points_and_the_weights():
    one, same, other = (TrainingRun(**SMALL, seed=seed) for seed in (1, 1, 2))
    assert (one.X == same.X).all() and numbers(one.model) == numbers(same.model)
    assert (one.X != other.X).any() and numbers(one.model) != numbers(other.model)


def test_own_points_with_either_labels():
    X, y = datasets.xor()
    for labels in (y, 2 * y - 1):
        run = TrainingRun((X, labels), hidden=3)
        assert (run.X == X).all() and run.positive.tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr is a number of at least 0, got -1.0"),
        ({"l2": -0.1}, "l2 is a number of at least 0, got -0.1"),
        ({"hidden": 0}, "whole number of at least 1, got 0"),
        ({"n": 1}, "n of 2 or more, got n=1"),
        ({"noise": -1}, "noise of 0 or more"),
        ({"activation": "swish"}, "unknown activation 'swish'"),
        ({"data": ([[1.0, 2.0]], [7])}, "two classes"),
        ({"steps": -1}, "steps is a whole number of at least 0, got -1"),
    ],
)
def test_a_run_refuses_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        training_frame(**settings)


def diverging():
    """A run whose loss grows by a factor of 4 (in the weights) with each step, until it overflows."""
    return {"n": 6, "hidden": 2, "lr": 10.0, "l2": 1.0}


def test_a_run_that_diverges_says_so_and_stops():
    run = TrainingRun(**diverging())
    assert run.warning() == ""
    run.step()
    assert "times what it was at step 0: the learning rate is too large" in run.warning()
    while not run.diverged:
        run.step()
    assert "Diverged" in run.warning() and "Diverged" in run.describe()
    with pytest.raises(ValueError, match=r"start again with a learning rate below 10"):
        run.step()


# ---------------------------------------------------------------- the static picture


def test_the_frame_shows_and_says_the_numbers_of_the_plain_loop():
    picture = training_frame(**SMALL, steps=10)
    model, history = plain_loop(10)
    plane, curve = picture.figure.axes
    assert curve.lines[0].get_xydata().tolist() == [[k, loss] for k, loss in enumerate(history)]
    assert curve.get_xlim() == (0, 10)
    X, y = datasets.two_moons(20, noise=0.1, seed=0)
    right = int(sum((figures.numpy_forward(model, X) > 0) == y))
    shown = " ".join(text.get_text() for text in picture.figure.texts)
    assert f"Step 10: {right} of 20 on their side" in shown and f"Loss {history[-1]:.4g}" in shown
    assert f"Step 10: loss {history[-1]:.4g}, {right} of 20 points" in picture.alt
    nodes = TrainingRun(**SMALL).nodes
    assert f"{nodes:,} nodes" in shown and f"{nodes:,} nodes in the graph" in picture.alt
    assert plane.get_xlabel() and curve.get_xlabel() == "step" and curve.get_ylabel() == "loss"


def test_the_boundary_of_the_frame_is_that_of_the_network():
    run = TrainingRun(**SMALL)
    for _ in range(30):
        run.step()
    sets = [c for c in run.picture().figure.axes[0].collections if type(c).__name__ == "QuadContourSet"]
    boundary = np.concatenate(next(c for c in sets if not c.filled).allsegs[0])
    scores = [abs(run.model(point).data) for point in boundary.tolist()]
    assert max(scores) < 0.05


def test_the_frame_is_the_same_every_time_and_small():
    one, two = training_frame(**SMALL, steps=5), training_frame(**SMALL, steps=5)
    assert one.png() == two.png() and one.alt == two.alt
    assert len(one.png()) < 60_000


def test_a_frame_of_a_run_that_diverged(recwarn):
    picture = training_frame(**diverging(), steps=1000)
    curve = picture.figure.axes[1]
    assert "The loss diverged at step" in picture.figure.texts[1].get_text()
    assert curve.get_yscale() == "log" and curve.lines[1].get_marker() == "X"
    assert "Diverged: the loss went beyond 1e+12" in picture.alt
    assert picture.png() and not recwarn.list


# ---------------------------------------------------------------- the player


def test_the_steps_of_the_player_are_those_of_the_plain_loop():
    player = TrainingPlayer(**SMALL, steps=20, lr=1.0)
    for _ in range(4):
        click(player, "step")
    model, history = plain_loop(4, lr=1.0)
    assert player.run.losses == history and numbers(player.run.model) == numbers(model)
    assert player.progress.value == 4 and player._count.value == "4 of 20"
    assert f"Step 4: loss {history[-1]:.4g}" in said(player)


def test_play_goes_to_the_last_step_and_other_tasks_get_their_turn():
    player = TrainingPlayer(**SMALL, steps=15)
    turns = played(player)
    model, history = plain_loop(15)
    assert player.run.losses == history and numbers(player.run.model) == numbers(model)
    assert player.finished and not player.playing
    assert player.progress.value == player.progress.max == 15
    assert turns >= 15  # after every step
    assert "Step 15" in said(player)


@pytest.mark.parametrize("settings", [SMALL, {"n": 6, "hidden": 2, "lr": 10.0, "l2": 1.0}])
def test_the_player_shows_the_pixels_of_the_static_picture(settings):
    """Also where the scale of the loss changes from step to step, in a run that blows up."""
    player = TrainingPlayer(**settings, steps=4)
    for _ in range(4):
        player.step()
    assert_shows(player, training_frame(**settings, steps=4))


def test_stop_stops_and_play_goes_on():
    player = TrainingPlayer(**SMALL, steps=30)
    played(player, until=lambda: player.run.step_count >= 5)
    stopped_at = player.run.step_count
    assert 5 <= stopped_at <= 6 and not player.playing
    assert player.progress.value == stopped_at and f"Step {stopped_at}:" in said(player)
    played(player)
    assert player.run.losses == plain_loop(30)[1]


def test_stop_and_play_at_once_do_not_play_twice():
    player = TrainingPlayer(**SMALL, steps=40)

    async def main():
        first = player.play()
        await asyncio.sleep(0)
        player.stop()
        second = player.play()
        await first
        assert player.run.step_count < 10  # it ended when it was stopped, not with the other
        await second
        return first, second

    first, second = asyncio.run(asyncio.wait_for(main(), 60))
    assert first is not second
    assert player.run.losses == plain_loop(40)[1] and not player.playing


def test_play_twice_is_play_once():
    player = TrainingPlayer(**SMALL, steps=5)

    async def main():
        assert player.play() is player.play()
        await player._task

    asyncio.run(main())
    assert player.run.step_count == 5


def test_reset_goes_back_to_step_0():
    player = TrainingPlayer(**SMALL, steps=20)
    start = player._image.value, said(player), numbers(player.run.model)
    played(player, until=lambda: player.run.step_count >= 3)
    assert numbers(player.run.model) != start[2]
    click(player, "reset")
    assert (player._image.value, said(player), numbers(player.run.model)) == start
    assert player.run.step_count == player.progress.value == 0


def test_reset_while_it_plays_stops_it_at_step_0():
    player = TrainingPlayer(**SMALL, steps=500)

    async def main():
        player.play()
        for _ in range(10):
            await asyncio.sleep(0)
        click(player, "reset")
        await player._task

    asyncio.run(asyncio.wait_for(main(), 60))
    assert player.run.step_count == 0 and not player.playing and player.progress.value == 0


def test_width_noise_and_seed_start_anew():
    player = TrainingPlayer(**SMALL, steps=20)
    for name, value in (("hidden", 7), ("noise", 0.3), ("seed", 5)):
        player.step()
        move(player, **{name: value})
        assert player.run.step_count == 0
    player.step()
    assert player.run.losses == plain_loop(1, hidden=7, noise=0.3, seed=5)[1]


def test_the_learning_rate_counts_from_the_next_step_on():
    player = TrainingPlayer(**SMALL, steps=20, lr=0.1)
    player.step()
    move(player, lr=1.0)
    player.step()
    assert player.run.losses[:2] == plain_loop(1, lr=0.1)[1]
    by_hand = TrainingRun(**SMALL, lr=0.1)
    by_hand.step()
    by_hand.set_lr(1.0)
    by_hand.step()
    assert player.run.losses == by_hand.losses != plain_loop(2, lr=0.1)[1]


def test_l2_counts_from_the_next_forward_pass_on_and_reset_takes_it():
    player = TrainingPlayer(**SMALL, steps=20, l2=0.0)
    move(player, l2=0.1)
    assert player.run.l2 == 0.1 and player.run.step_count == 0
    click(player, "reset")
    player.step()
    assert player.run.losses == plain_loop(1, l2=0.1)[1]


def test_the_controls_have_labels_and_limits():
    player = TrainingPlayer(**SMALL)
    labels = ["Learning rate", "L2 factor", "Hidden width", "Noise", "Seed"]
    assert [control.description for control in player.controls.values()] == labels
    assert [o[0] for o in player.controls["l2"].options][:3] == ["none", "1e-05", "0.0001"]
    move(player, hidden=1000)
    assert player.controls["hidden"].value == player.run.hidden == 32
    assert all(button.tooltip for button in player.buttons.values())


def test_own_points_have_no_noise_to_set():
    X, y = datasets.xor()
    player = TrainingPlayer((X, y), hidden=3, steps=5)
    assert "noise" not in player.controls
    player.step()
    with pytest.raises(ValueError, match="your own points come as they are"):
        TrainingPlayer((X, y), noise=0.2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": 33}, "hidden is a whole number from 1 to 32, got 33"),
        ({"lr": 0.0}, r"lr is one of 0\.001, .*, 10; got 0\.0"),
        ({"noise": "much"}, "noise is a number from 0 to 0.5, got 'much'"),
        ({"seed": 10_000}, "seed is a whole number from 0 to 9999, got 10000"),
        ({"l2": 0.5}, r"l2 is one of 0, 1e-05, .*, 1; got 0\.5"),
        ({"steps": 0}, "steps is a whole number of at least 1, got 0"),
    ],
)
def test_the_player_refuses_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        TrainingPlayer(**settings)


def test_the_player_refuses_a_setting_it_does_not_have():
    with pytest.raises(
        TypeError, match="no setting width; it has lr, l2, hidden, noise, seed, n, activation"
    ):
        TrainingPlayer(width=3)


def test_after_the_last_step_it_says_what_to_do():
    player = TrainingPlayer(**SMALL, steps=1)
    click(player, "step")
    click(player, "step")
    assert "all 1 steps are done; reset" in said(player) and player.run.step_count == 1
    with pytest.raises(ValueError, match="all 1 steps are done"):
        player.step()


def test_an_error_in_the_task_is_shown_and_not_swallowed(monkeypatch):
    player = TrainingPlayer(**SMALL, steps=20)

    def broken(self):
        raise ArithmeticError("<boom>")

    monkeypatch.setattr(TrainingRun, "step", broken)
    played(player)
    assert "ArithmeticError: <boom>" in said(player) and "<boom>" not in player._status.value
    assert not player.playing
    with pytest.raises(ArithmeticError):
        asyncio.run(player.train())


def test_an_error_behind_a_control_is_shown(monkeypatch):
    calls = []

    def moody(n, noise, seed):
        calls.append(noise)
        if noise > 0.3:
            raise OSError("no points today")
        return datasets.two_moons(n, noise=noise, seed=seed)

    player = TrainingPlayer(moody, **SMALL)
    move(player, noise=0.4)
    assert "OSError: no points today" in said(player) and calls == [0.1, 0.4]
    move(player, noise=0.2)
    assert "Step 0" in said(player) and "OSError" not in said(player)


def test_play_outside_of_a_notebook_says_what_to_do():
    player = TrainingPlayer(**SMALL)
    with pytest.raises(RuntimeError, match=r"TrainingPlayer.play\(\) needs .* in a script call step"):
        player.play()
    assert not player.playing


def test_a_run_that_diverges_stops_the_player_and_is_shown():
    player = TrainingPlayer(**diverging(), steps=1000)
    played(player)
    assert player.run.diverged and player.run.step_count < 1000
    assert "Diverged" in said(player) and player.progress.bar_style == "danger"
    stopped_at = player.run.step_count
    click(player, "step")
    assert "start again with a learning rate below 10" in said(player)
    assert player.run.step_count == stopped_at
    move(player, lr=0.1)
    click(player, "reset")
    assert "Diverged" not in said(player) and player.progress.bar_style == "info"


def test_a_cell_may_reset_while_another_thread_plays():
    """JupyterLab runs a widget's callbacks in a thread of the kernel of their own (a subshell)."""
    player = TrainingPlayer(**SMALL, steps=400)
    thread = threading.Thread(target=lambda: asyncio.run(player.train()))
    thread.start()
    deadline = time.monotonic() + 30
    while player.run.step_count < 3 and time.monotonic() < deadline:
        time.sleep(0.001)
    player.reset()
    thread.join(30)
    assert not thread.is_alive()
    assert player.run.step_count == 0 and player.progress.value == 0
    assert "Step 0:" in said(player)
