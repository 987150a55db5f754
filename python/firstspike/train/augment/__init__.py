"""Disturbances of input events during training."""

from firstspike.train.augment.base import Augment as Augment
from firstspike.train.augment.blend import Blend as Blend
from firstspike.train.augment.channels import ChannelJitter as ChannelJitter
from firstspike.train.augment.channels import ChannelShift as ChannelShift
from firstspike.train.augment.image import ImageShift as ImageShift
from firstspike.train.augment.image import Mirror as Mirror
from firstspike.train.augment.times import InputDropout as InputDropout
from firstspike.train.augment.times import TimeDilation as TimeDilation
from firstspike.train.augment.times import TimeJitter as TimeJitter
