"""What ``vgkit.batch.carry`` is made of: runs that lie on no shared disk, but at a place between the machines."""
