"""The networks: an encoder that reads a light curve of any length, and a decoder of rates at any time.

The decoder sees times, exposures and the latent; what it gives, log-rates and their scatter, is compared with
counts in `losses`.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from astro_assets.xray.autoencoder.preparation import FEATURES, N_BANDS, SUMMARIES, TIMES
from astro_assets.xray.autoencoder.settings import NetworkSettings, Reader

#: Bounds of log-rates and of their scatter's logarithm: counts a second, and nats.
LOG_RATES: Final = (-25.0, 12.0)
LOG_SCATTER: Final = (-5.0, 1.0)
#: Of the latent's variance.
LOG_VARIANCES: Final = (-14.0, 2.0)
#: Shapes along the curve that bands share, each with its own gain.
SHAPES: Final = 2


class Encoder(nn.Module):
    """From light curves to a normal distribution of the latent.

    Curves of several lengths are read as a packed sequence would be: what is padding changes no state.
    Torch's own packed sequences do the same, but their gradient takes the square of the length.
    """

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.n_ways = 2 if settings.is_bidirectional else 1
        widths = [len(FEATURES)] + [self.n_ways * settings.hidden] * (settings.layers - 1)
        self.grus = nn.ModuleList(
            nn.ModuleList(nn.GRU(width, settings.hidden, batch_first=True) for _ in range(self.n_ways))
            for width in widths
        )
        self.dropout = nn.Dropout(settings.dropout)
        width = 2 * settings.hidden * self.n_ways + len(SUMMARIES)
        self.hidden = nn.Linear(width, 2 * settings.hidden)
        self.mean = nn.Linear(2 * settings.hidden, settings.latent)
        self.log_variance = nn.Linear(2 * settings.hidden, settings.latent)
        self.mean_of_summary = nn.Linear(len(SUMMARIES), settings.latent, bias=False)
        self.log_variance_of_summary = nn.Linear(len(SUMMARIES), settings.latent, bias=False)

    def forward(self, features: Tensor, summary: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance, (batch, latent).

        Parameters
        ----------
        features
            (batch, bins, len(FEATURES)).
        summary
            (batch, len(SUMMARIES)).
        lengths
            Bins of each curve, int64, (batch,); what comes after them is padding.
        """
        at = torch.arange(features.shape[1]).unsqueeze(0)
        is_valid = (at < lengths.unsqueeze(1)).unsqueeze(2)
        backwards = (lengths.unsqueeze(1) - 1 - at) % features.shape[1]
        states = features
        last: list[Tensor] = []
        for number, ways in enumerate(self.grus):
            states = self.dropout(states) if number else states
            last = []
            found = []
            for way, gru in enumerate(ways):  # type: ignore[var-annotated, arg-type]
                read, _ = gru(_reordered(states, backwards) if way else states)
                last.append(read[torch.arange(len(lengths)), lengths - 1])
                found.append(_reordered(read, backwards) if way else read)
            states = torch.cat(found, dim=2)
        mean = torch.where(is_valid, states, 0.0).sum(dim=1) / lengths.unsqueeze(1)
        return self.head(mean, torch.cat(last, dim=1), summary)

    def head(self, mean: Tensor, last: Tensor, summary: Tensor) -> tuple[Tensor, Tensor]:
        """Go on from the mean of the last layer's states and the last of each way, (batch, ways * hidden)."""
        hidden = functional.silu(self.hidden(torch.cat([mean, last, summary], dim=1)))
        log_variance = self.log_variance(hidden) + self.log_variance_of_summary(summary)
        return self.mean(hidden) + self.mean_of_summary(summary), log_variance.clamp(*LOG_VARIANCES)


class SetEncoder(nn.Module):
    """The same without recurrence: bins are read one by one, and their mean and maximum go on.

    After Zaheer et al. (2017, Deep sets, NeurIPS).
    """

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        width = 2 * settings.hidden
        self.bins = nn.Sequential(
            nn.Linear(len(FEATURES), width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, width),
        )
        self.hidden = nn.Linear(2 * width + len(SUMMARIES), width)
        self.mean = nn.Linear(width + len(SUMMARIES), settings.latent)
        self.log_variance = nn.Linear(width + len(SUMMARIES), settings.latent)

    def forward(self, features: Tensor, summary: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance, (batch, latent): see :class:`Encoder`."""
        is_valid = (torch.arange(features.shape[1]).unsqueeze(0) < lengths.unsqueeze(1)).unsqueeze(2)
        found = self.bins(features)
        mean = torch.where(is_valid, found, 0.0).sum(dim=1) / lengths.unsqueeze(1)
        highest = torch.where(is_valid, found, -torch.inf).amax(dim=1)
        hidden = functional.silu(self.hidden(torch.cat([mean, highest, summary], dim=1)))
        known = torch.cat([hidden, summary], dim=1)
        return self.mean(known), self.log_variance(known).clamp(*LOG_VARIANCES)


def _reordered(values: Tensor, order: Tensor) -> Tensor:
    return values.gather(1, order.unsqueeze(2).expand(-1, -1, values.shape[2]))


class Decoder(nn.Module):
    """From the latent to log-rates, and by how much they scatter beside it.

    The shape of a curve is a sum of waves of which the latent gives the coefficients, as in a
    Karhunen-Loeve expansion, with what two layers add to it.
    """

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        width = settings.decoder_width
        self.trunk = nn.Linear(settings.latent, width)
        n_outputs = N_BANDS + 1
        self.level = nn.Linear(settings.latent + width, n_outputs)
        self.waves = nn.Linear(settings.latent + width, SHAPES * len(TIMES))
        self.gains = nn.Parameter(torch.tensor([[1.0, 1.0, 1.0, 0.0], [-1.0, 0.0, 1.0, 0.0]]))
        self.of_latent = nn.Linear(settings.latent + width, width)
        self.of_times = nn.Linear(len(TIMES), width, bias=False)
        self.hidden = nn.Linear(width, width)
        self.output = nn.Linear(width, n_outputs)

    def forward(self, latent: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-rates, (..., bins, 3), and the log of their scatter, (..., bins), in nats.

        Parameters
        ----------
        latent
            (..., latent).
        times
            (..., bins, len(TIMES)).
        """
        known = torch.cat([latent, functional.silu(self.trunk(latent))], dim=-1)
        coefficients = self.waves(known).unflatten(-1, (SHAPES, len(TIMES)))
        shapes = times @ coefficients.transpose(-1, -2)
        first = functional.silu(self.of_latent(known).unsqueeze(-2) + self.of_times(times))
        added = self.output(functional.silu(self.hidden(first)))
        found = self.level(known).unsqueeze(-2) + shapes @ self.gains + added
        return found[..., :N_BANDS].clamp(*LOG_RATES), found[..., N_BANDS].clamp(*LOG_SCATTER)


class Autoencoder(nn.Module):
    """Encoder and decoder."""

    def __init__(self, settings: NetworkSettings, reader: Reader = "gru") -> None:
        super().__init__()
        self.encoder = Encoder(settings) if reader == "gru" else SetEncoder(settings)
        self.decoder = Decoder(settings)

    def begin_at(self, log_rates: Tensor, spread: float) -> None:
        """Set out from the population's mean log-rates, (3,), with little scatter."""
        with torch.no_grad():
            for layer in (self.decoder.level, self.decoder.output, self.decoder.waves):
                layer.weight.mul_(0.3)
                layer.bias.zero_()
            self.decoder.level.bias[:N_BANDS] = log_rates
            self.decoder.level.bias[N_BANDS] = -1.5
            self.decoder.level.weight[:N_BANDS] *= spread
            self.encoder.log_variance.bias.fill_(-2.0)


def network_of(settings: NetworkSettings, arrays: dict[str, Any], reader: Reader = "gru") -> Autoencoder:
    """Make a network with the weights of a fit, ready to be applied."""
    network = Autoencoder(settings, reader)
    network.load_state_dict({name: torch.as_tensor(values) for name, values in arrays.items()})
    network.eval()
    return network


def n_parameters(network: nn.Module) -> int:
    """Count the numbers that are fitted."""
    return sum(weights.numel() for weights in network.parameters())
