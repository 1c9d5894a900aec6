"""What an autoencoder is, in one picture, and the way to the lessons."""

from pages._ui import say

say.lesson("home")
