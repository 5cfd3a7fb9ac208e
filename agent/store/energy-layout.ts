/** Tables of energy; a period's wall time is that of its record, copied to be found by. */

export const energyLayout = `
  CREATE TABLE energy_periods (
    id INTEGER PRIMARY KEY REFERENCES records(id) ON DELETE CASCADE,
    machine TEXT NOT NULL,
    wall_ms REAL NOT NULL
  ) STRICT;
  CREATE INDEX energy_periods_by_time ON energy_periods (wall_ms);
  CREATE INDEX energy_periods_by_machine ON energy_periods (machine);

  -- cycle_index: of its shot, in the same start of the agent.
  CREATE TABLE shot_energy (
    id INTEGER PRIMARY KEY REFERENCES records(id) ON DELETE CASCADE,
    machine TEXT NOT NULL,
    cycle_index INTEGER NOT NULL,
    kwh REAL
  ) STRICT;
  CREATE INDEX shot_energy_by_machine ON shot_energy (machine);

  -- Of a store that went back to an older ppuri and comes forward again.
  INSERT INTO energy_periods (id, machine, wall_ms)
    SELECT id, machine, wall_ms FROM records WHERE kind = 'energy' AND kind <> 'cycle';
  INSERT INTO shot_energy (id, machine, cycle_index, kwh)
    SELECT id, machine, json_extract(body, '$.energy.index'), json_extract(body, '$.energy.kWh')
    FROM records WHERE kind = 'shot-energy' AND kind <> 'cycle';
`;

/** The records themselves stay. */
export const energyLayoutBack = 'DROP TABLE energy_periods; DROP TABLE shot_energy;';

export const insertPeriod = `
  INSERT INTO energy_periods (id, machine, wall_ms) VALUES ((? << 40) | ?, ?, ?)`;

export const insertShotEnergy = `
  INSERT INTO shot_energy (id, machine, cycle_index, kwh) VALUES ((? << 40) | ?, ?, ?, ?)`;
