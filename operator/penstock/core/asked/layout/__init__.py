"""Where the boxes and arrows of a graph go: in layers from left to right, composites as frames around their steps.

Layers, order and heights are found one after the other, as Sugiyama, Tagawa and Toda do ("Methods for Visual
Understanding of Hierarchical System Structures", IEEE SMC 11, 1981); frames are laid out before what is around them.
Pure and deterministic: the same graph always looks the same. Lengths are pixels at a zoom of 1.
"""
