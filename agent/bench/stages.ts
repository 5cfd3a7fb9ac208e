/** The steps of one shot inside the agent, by the stage times that its verdict is kept with. */

export interface Stage {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export const stageList: readonly Stage[] = [
  { name: 'trigger → snapshot (block read)', from: 'trigger', to: 'snapshot' },
  { name: 'snapshot → features (counter read again)', from: 'snapshot', to: 'features' },
  { name: 'features → verdict (inference)', from: 'features', to: 'verdict' },
  { name: 'verdict → reject confirmed', from: 'verdict', to: 'reject' },
  { name: 'verdict → alert raised', from: 'verdict', to: 'alert' },
  { name: 'snapshot → verdict', from: 'snapshot', to: 'verdict' },
  { name: 'trigger → reject confirmed', from: 'trigger', to: 'reject' },
];
